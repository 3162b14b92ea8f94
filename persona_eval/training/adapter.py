"""Trained adapters by name: where they lie, how they came about, whether they are current."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ConfigDict, Field, ValidationError

from persona_eval.errors import AdapterError
from persona_eval.fingerprint import digest_file
from persona_eval.models.adapter_files import (
    CONFIG_FILE,
    RETRAIN,
    WEIGHTS_FILE,
    AdapterConfig,
    read_config,
    require_files,
)
from persona_eval.suite.fields import Frozen
from persona_eval.suite.suggest import nearest
from persona_eval.training.fingerprint import Fingerprint
from persona_eval.training.recipe import RECIPE_FILE

MANIFEST_FILE = "manifest.json"
CHECKPOINTS = "checkpoints"
"""Folder, inside an adapter's, of its checkpoints: an adapter each, named by their steps."""


class Point(Frozen):
    """A checkpoint: where a training stood. Losses are means, in nats per reply token."""

    step: int
    """0 is before training."""
    epoch: float
    """How often each example was seen by then."""
    train: float | None = None
    """Over the steps since the checkpoint before, taken while learning."""
    valid: float | None = None
    """On the validation data."""
    passed: float | None = None
    """Share of replies that passed the suites of `select: suite`."""


class Manifest(Frozen):
    """How an adapter was made. Holds no path."""

    model_config = ConfigDict(extra="ignore")

    recipe_fingerprint: str
    data_fingerprint: str
    base_fingerprint: str
    fingerprint: str
    """One digest of the three above."""
    base_name: str
    weights_sha256: str
    """Of `adapters.safetensors`."""
    finished: bool
    """False for a checkpoint."""
    selected_step: int
    """Whose weights these are."""
    points: tuple[Point, ...] = Field(min_length=1)
    """The checkpoints, in order; the first is before training."""
    stopped_early: bool = False
    """Whether `patience` ended it."""
    seed: int
    train_examples: int
    valid_examples: int
    trained_tokens: int
    """Reply tokens learnt from, over all epochs."""
    seconds: float
    """Wall time of the training over all sittings, checkpoints included."""
    tokens_per_second: float
    """Tokens read, padding not counted, per second of training steps."""
    versions: dict[str, str]
    """Of the libraries that took part."""

    @property
    def selected(self) -> Point:
        """The checkpoint that these weights are."""
        return next(point for point in self.points if point.step == self.selected_step)

    @property
    def made_from(self) -> Fingerprint:
        """Of recipe, data and base."""
        return Fingerprint(self.recipe_fingerprint, self.data_fingerprint, self.base_fingerprint)


@dataclass(frozen=True)
class Adapter:
    """An adapter folder that is complete. ``manifest`` is None when it came from elsewhere."""

    name: str
    folder: Path
    config: AdapterConfig
    manifest: Manifest | None


def load_adapter(folder: Path) -> Adapter:
    """Read an adapter's configuration and manifest; no weights, no model.

    Raises AdapterError when files are missing or unreadable.
    """
    require_files(folder)
    return Adapter(folder.resolve().name, folder, read_config(folder), read_manifest(folder))


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest, or None without one. Raises AdapterError when it cannot be read."""
    path = folder / MANIFEST_FILE
    if not path.is_file():
        return None
    try:
        return Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise AdapterError(f"{path} cannot be read: {error}. {RETRAIN}") from None


def is_stale(folder: Path, wanted: Fingerprint) -> str | None:
    """Why an adapter should be trained (again), or None when it is current.

    Compares digests and reads no model. Raises AdapterError for an unreadable manifest.
    """
    if not (folder / WEIGHTS_FILE).is_file() or not (folder / CONFIG_FILE).is_file():
        return "it has not been trained yet"
    manifest = read_manifest(folder)
    if manifest is None:
        return f"it has no {MANIFEST_FILE} that says what it was trained on"
    if changed := wanted.changed_since(manifest.made_from):
        return f"{' and '.join(changed)} changed since it was trained"
    if not manifest.finished:
        return f"it is a checkpoint, of step {manifest.selected_step}, and no finished adapter"
    if manifest.weights_sha256 != digest_file(folder / WEIGHTS_FILE):
        return f"{WEIGHTS_FILE} is not the file that its {MANIFEST_FILE} describes"
    return None


def checkpoint_steps(folder: Path) -> list[int]:
    """The steps whose weights are kept beside an adapter, in order."""
    kept = folder / CHECKPOINTS
    names = [path.name for path in kept.iterdir()] if kept.is_dir() else []
    return sorted(int(name) for name in names if name.isdecimal())


def expand_adapters(specs: Sequence[str], root: Path) -> list[str]:
    """The names with each `NAME@all` replaced by all checkpoints of that adapter, in order.
    Raises AdapterError where there are none."""
    return [name for spec in specs for name in _expanded(spec, root)]


def _expanded(spec: str, root: Path) -> list[str]:
    name, at, which = spec.rpartition("@")
    if not at or which != "all":
        return [spec]
    return [f"{name}@{step}" for step in _steps(spec, resolve_adapter(name, root))]


def _checkpoint(spec: str, root: Path) -> Path:
    """The folder of `NAME@best`, `NAME@last` or `NAME@STEP`. Raises AdapterError."""
    name, _, which = spec.rpartition("@")
    folder = resolve_adapter(name, root)
    if which == "best":
        return folder
    steps = _steps(spec, folder)
    step = str(steps[-1]) if which == "last" else which
    if step not in map(str, steps):
        listed = ", ".join(map(str, steps))
        raise AdapterError(
            f"no checkpoint `{spec}`: {name} has best, last, all, and the steps {listed}"
        )
    kept = folder / CHECKPOINTS / step
    mine, its = read_manifest(folder), read_manifest(kept)
    if mine is None or its is None or mine.fingerprint != its.fingerprint:
        raise AdapterError(f"{kept} is of another training than {folder}. Mend: train it again")
    return kept


def _steps(spec: str, folder: Path) -> list[int]:
    steps = checkpoint_steps(folder)
    if not steps:
        raise AdapterError(
            f"`{spec}`: {folder} holds no checkpoints. They are kept beside an adapter where it "
            f"was trained: persona-eval train {folder.name} --force"
        )
    return steps


def find_adapters(root: Path) -> list[str]:
    """Names of the adapters below ``root``, sorted: folders with a recipe or a configuration."""
    if not root.is_dir():
        return []
    return sorted(folder.name for folder in root.iterdir() if _is_adapter(folder))


def resolve_adapter(spec: str, root: Path) -> Path:
    """The folder for a name below ``root``, or for a path, or for a checkpoint of either
    (`tully@best`, `tully@last`, `tully@120`). Raises AdapterError with the names that exist."""
    path = Path(spec).expanduser()
    if not spec.strip():
        raise AdapterError(_unknown(spec, find_adapters(root), root))
    for folder in (root / spec, path):
        if _is_adapter(folder):
            return folder
    if path.is_dir():
        require_files(path)
    if "@" in spec and not spec.startswith("@"):
        return _checkpoint(spec, root)
    raise AdapterError(_unknown(spec, find_adapters(root), root))


def _is_adapter(folder: Path) -> bool:
    return any((folder / name).is_file() for name in (RECIPE_FILE, CONFIG_FILE))


def _unknown(spec: str, names: Sequence[str], root: Path) -> str:
    near = nearest(Path(spec).name, names)
    meant = f" Did you mean {near}?" if near else ""
    known = f"{root} has: {', '.join(names)}." if names else f"{root} has none."
    return (
        f"no adapter `{spec}`: neither a name in {root} nor a folder with {RECIPE_FILE} or "
        f"{CONFIG_FILE}.{meant} {known}"
    )
