"""From what the user wrote to a directory of model files, without loading any of them."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from persona_eval.errors import ModelError
from persona_eval.fingerprint import FingerprintMemory
from persona_eval.models import bundled

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
HUB_FILES = ["*.json", "*.safetensors", "*.jinja", "tokenizer.model", "*.txt", "*.py"]
TEXT_FILES = ("config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model",
              "special_tokens_map.json", "generation_config.json", "chat_template.jinja",
              "chat_template.json", "persona_eval.json")  # fmt: skip


@dataclass(frozen=True)
class BaseFiles:
    """A base model on disk: enough to name, compare and load it."""

    name: str
    path: Path
    fingerprint: str
    """SHA-256 over weights, tokenizer, template and configuration."""


def user_cache() -> Path:
    """Folder for what is made once per machine: converted models, remembered fingerprints."""
    return Path(platformdirs.user_cache_dir("persona-eval"))


def locate(
    spec: str, cache: Path | None = None, tell: Callable[[str], None] | None = None
) -> BaseFiles:
    """Find a base model: ``gemma3-270m`` (bundled), a local MLX directory, or a hub id. ``tell``
    hears of what takes its time, before it begins.

    Raises ModelError when there is no such directory, when it holds no model, when the hub
    cannot be reached, or on an Intel Mac, for which MLX does not exist.
    """
    refuse_intel_mac()
    cache = cache or user_cache()
    if spec == bundled.NAME:
        return BaseFiles(spec, bundled.ensure_bundled(cache, tell), bundled.fingerprint())
    path = _find(spec)
    name = (path.name or path.resolve().name) if Path(spec).expanduser().exists() else spec
    memory = FingerprintMemory(cache / "fingerprints.json")
    weights = sorted(file.name for file in path.glob("*.safetensors"))
    return BaseFiles(name, path, memory.digest_folder(path, [*TEXT_FILES, *weights]))


def refuse_intel_mac() -> None:
    """Raise ModelError on an Intel Mac."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise ModelError(
            "this is an Intel Mac (or an x86 Python on Apple silicon): MLX runs on Apple "
            "silicon and Linux only. On Apple silicon install an arm64 Python"
        )


def _find(spec: str) -> Path:
    path = Path(spec).expanduser()
    if path.is_dir():
        return _checked(path)
    if path.exists():
        raise ModelError(f"{path} is a file; give the MLX directory that holds config.json")
    if spec.startswith((".", "~", "/")) or not HUB_ID.fullmatch(spec):
        raise ModelError(
            f"no model directory {path}. Allowed: `{bundled.NAME}` (bundled), an MLX "
            "directory with config.json and *.safetensors, or a hub id like org/name"
        )
    return _checked(_download(spec))


def _checked(path: Path) -> Path:
    config = path / "config.json"
    if not config.is_file():
        raise ModelError(f"{path} holds no config.json: it is no MLX model directory")
    try:
        json.loads(config.read_text())
    except ValueError as error:
        raise ModelError(f"{config} is not JSON ({error})") from None
    if not any(path.glob("*.safetensors")):
        raise ModelError(f"{path} holds no *.safetensors: convert the model with mlx_lm.convert")
    return path


def _download(repo: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return Path(snapshot_download(repo, allow_patterns=HUB_FILES))
    except (HfHubHTTPError, OSError, ValueError) as error:
        raise ModelError(
            f"there is no local directory {repo!r}, and the hub gave no model of that name "
            f"({type(error).__name__}: {str(error).partition(chr(10))[0]}). Check the name, log in "
            "with `hf auth login` for gated models, or give a local MLX directory"
        ) from None


def stop_texts(path: Path) -> tuple[str, ...]:
    """Texts that end a reply of this model besides its stop tokens (``persona_eval.json``)."""
    extra = path / "persona_eval.json"
    if not extra.is_file():
        return ()
    try:
        return tuple(map(str, json.loads(extra.read_text())["stop_texts"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(
            f'{extra} cannot be read ({error!r}); it holds {{"stop_texts": ["..."]}}, or is left out'
        ) from None
