"""What lies in an adapter folder, and whether it can be used at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from persona_eval.errors import AdapterError
from persona_eval.fingerprint import digest_file, digest_text

CONFIG_FILE = "adapter_config.json"
WEIGHTS_FILE = "adapters.safetensors"
PEFT_FILES = ("adapter_model.safetensors", "adapter_model.bin")
FINGERPRINT_KEY = "base_fingerprint"
NAME_KEY = "base_name"
RETRAIN = "Mend: train it again, or restore the folder"


@dataclass(frozen=True)
class AdapterConfig:
    """An ``adapter_config.json`` that makes sense by itself."""

    fine_tune_type: str
    """``lora`` or ``dora``."""
    num_layers: int
    """How many blocks, counted from the last; 0 and below mean all, as in mlx-lm."""
    rank: int
    scale: float
    dropout: float
    keys: tuple[str, ...] | None
    """Layer-relative names; None for every linear layer of the blocks."""
    base_fingerprint: str | None
    base_name: str | None

    @property
    def lora_parameters(self) -> dict[str, Any]:
        """As mlx-lm's ``linear_to_lora_layers`` takes them."""
        shape = {"rank": self.rank, "scale": self.scale, "dropout": self.dropout}
        return shape if self.keys is None else {**shape, "keys": list(self.keys)}


def adapter_digest(folder: Path) -> str:
    """SHA-256 over weights and configuration: what replies depend on. Loads no model.

    Raises AdapterError when a file is missing.
    """
    require_files(folder)
    return digest_text(digest_file(folder / CONFIG_FILE), digest_file(folder / WEIGHTS_FILE))


def require_files(folder: Path) -> None:
    """Raises AdapterError when the folder is not one of an mlx-lm adapter."""
    if not folder.is_dir():
        raise AdapterError(f"{folder}: no such adapter folder")
    if any((folder / name).exists() for name in PEFT_FILES):
        raise AdapterError(
            f"{folder} holds an adapter of PEFT ({PEFT_FILES[0]}), and one of mlx-lm is needed. "
            f"Import it: persona-eval import-peft {folder} NAME"
        )
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise AdapterError(f"{folder}: {name} is missing. {RETRAIN}")


def read_config(folder: Path) -> AdapterConfig:
    """Read ``adapter_config.json``. Raises AdapterError that says what is wrong with it."""
    path = folder / CONFIG_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise AdapterError(f"{path} is not readable JSON: {error}. {RETRAIN}") from None
    if not isinstance(data, dict):
        raise AdapterError(f"{path} must hold one JSON object. {RETRAIN}")
    if "peft_type" in data:
        raise AdapterError(
            f"{path} is a configuration of PEFT. Import the adapter: persona-eval import-peft "
            f"{folder} NAME"
        )
    wrong = [*_wrong_top(data), *_wrong_lora(data.get("lora_parameters"))]
    if wrong:
        raise AdapterError(f"{path}: " + "; ".join(wrong))
    return _config(data)


def _config(data: Mapping[str, Any]) -> AdapterConfig:
    lora = data["lora_parameters"]
    keys = lora.get("keys")
    return AdapterConfig(
        fine_tune_type=data.get("fine_tune_type", "lora"),
        num_layers=data["num_layers"],
        rank=lora["rank"],
        scale=lora["scale"],
        dropout=lora["dropout"],
        keys=None if keys is None else tuple(keys),
        base_fingerprint=data.get(FINGERPRINT_KEY),
        base_name=data.get(NAME_KEY),
    )


def _wrong_top(data: Mapping[str, Any]) -> list[str]:
    wrong = []
    kind = data.get("fine_tune_type", "lora")
    if kind == "full":
        wrong.append("fine_tune_type full is a whole model and no adapter: use it as the base")
    elif kind not in ("lora", "dora"):
        wrong.append(f"fine_tune_type is {kind!r}; allowed: lora, dora")
    if not _is(data.get("num_layers"), int):
        wrong.append("`num_layers` must be a whole number (how many blocks, from the last)")
    return wrong


def _wrong_lora(lora: Any) -> list[str]:
    if not isinstance(lora, dict):
        return ["`lora_parameters` must be an object with rank, scale and dropout"]
    wrong = [] if _is(lora.get("rank"), int) and lora["rank"] > 0 else ["`rank` must be 1 or more"]
    wrong += [
        f"`{name}` must be a number"
        + (" (alpha is another scale: scale = alpha / rank)" if hint else "")
        for name, hint in (("scale", "alpha" in lora), ("dropout", False))
        if not _is(lora.get(name), (int, float))
    ]
    keys = lora.get("keys")
    listed = isinstance(keys, list) and bool(keys) and all(isinstance(key, str) for key in keys)
    if keys is not None and not listed:
        wrong.append("`keys` must be a list of layer names such as self_attn.q_proj")
    return wrong


def _is(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def read_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes of the tensors, from the file's header, its length checked.

    Raises AdapterError when the file is damaged or cut short.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / WEIGHTS_FILE
    try:
        with safe_open(path, framework="numpy") as tensors:
            names = list(tensors.keys())
            return {name: tuple(tensors.get_slice(name).get_shape()) for name in names}
    except (SafetensorError, OSError, ValueError) as error:
        raise AdapterError(f"{path} is damaged or cut short ({error}). {RETRAIN}") from None
