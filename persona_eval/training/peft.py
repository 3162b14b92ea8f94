"""Adapters of Hugging Face PEFT, made into adapters of mlx-lm.

PEFT adds ``scale * B @ A @ x`` to a layer's output, with A (rank, inputs) and B (outputs, rank);
mlx-lm adds ``scale * (x @ lora_a) @ lora_b``. So both matrices are transposed and keep their kind
of numbers, and nothing is rounded.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from persona_eval.errors import AdapterError
from persona_eval.models.adapter_files import (
    CONFIG_FILE,
    PEFT_FILES,
    WEIGHTS_FILE,
    AdapterConfig,
)
from persona_eval.models.adapters import Base, take_off, wear
from persona_eval.training.adapter import MANIFEST_FILE
from persona_eval.training.checkpoint import config_json
from persona_eval.training.peft_config import (
    SAVE,
    PeftConfig,
    Refusal,
    plain_name,
    read_peft_config,
)
from persona_eval.training.peft_tensors import (
    FILE,
    Found,
    gaps,
    keys,
    listed,
    place_refusals,
    read_header,
    tensor_refusals,
    value_refusals,
)
from persona_eval.training.recipe import RECIPE_FILE

NO_ADAPTER = "base"
"""What the plugin calls a model without an adapter."""
ALL_BLOCKS = -1


@dataclass(frozen=True)
class PeftAdapter:
    """An adapter that can be imported."""

    config: PeftConfig
    tensors: Mapping[str, Any]
    """MLX arrays: ``<path>.lora_a`` (inputs, rank) and ``<path>.lora_b`` (rank, outputs)."""

    @property
    def paths(self) -> list[str]:
        """The layers that it adapts, sorted."""
        return sorted({name.rsplit(".", 1)[0] for name in self.tensors})


def import_peft(
    source: Path,
    root: Path,
    name: str,
    base: Callable[[], Base] | None = None,
    force: bool = False,
) -> PeftAdapter:
    """Write the PEFT adapter in ``source`` as the mlx-lm adapter ``root/name``.

    ``base`` loads the base, called when nothing else is wrong: the adapter is put on it once, with
    all guards, and belongs to it from then on. ``force`` replaces an import that is there. Raises
    AdapterError with all that stands in the way; the disk is then as before. Raises ModelError
    when the base cannot be loaded.
    """
    refusals = _name_refusals(root / name, name, force)
    adapter, reasons = read_peft(source, blocks_are_alike=base is None)
    refuse(source, [*refusals, *reasons])
    assert adapter is not None
    loaded = base() if base else None
    try:
        _install(adapter, source, root / name, loaded)
    except OSError as error:
        raise AdapterError(f"{source} cannot be imported as {root / name}: {error}") from error
    return adapter


def refuse(source: Path, refusals: Iterable[Refusal]) -> None:
    """Raise AdapterError with all reasons and what to do about them, if there are any."""
    by_mend: dict[str, list[Refusal]] = {}
    for refusal in refusals:
        by_mend.setdefault(refusal.mend, []).append(refusal)
    lines = [
        line
        for mend, group in by_mend.items()
        for line in (*(f"- {each.where}: {each.reason}" for each in group), f"  Mend: {mend}")
    ]
    if lines:
        raise AdapterError("\n".join([f"{source} cannot be imported:", *lines]))


def read_peft(
    source: Path, blocks_are_alike: bool = True
) -> tuple[PeftAdapter | None, list[Refusal]]:
    """The adapter in a folder, or None and all reasons why it cannot be imported.

    ``blocks_are_alike``: a layer that is adapted in one block must be so in all.
    """
    if useless := _folder_refusals(source):
        return None, useless
    config, refusals = read_peft_config(source)
    tensors, wrong = _read_weights(source, config, blocks_are_alike)
    if config is None or refusals or wrong:
        return None, [*refusals, *wrong]
    return PeftAdapter(config, tensors), []


def _read_weights(
    source: Path, config: PeftConfig | None, blocks_are_alike: bool
) -> tuple[Mapping[str, Any], list[Refusal]]:
    """mlx-lm's tensors, and all that is wrong as far as it can be told."""
    if not _has_weights(source):
        return {}, [_no_weights(source)]
    found, unreadable = read_header(source)
    if found is None:
        return {}, unreadable
    misplaced = _layer_refusals(found, config, blocks_are_alike) if config else []
    if wrong := tensor_refusals(found, config.rank if config else None):
        return {}, [*wrong, *misplaced]
    tensors, bad = _convert(source, found)
    return tensors, [*misplaced, *bad]


def _folder_refusals(source: Path) -> list[Refusal]:
    if not source.is_dir():
        return [Refusal("DIR", "is no folder", "name the folder that `save_pretrained` wrote")]
    if (source / WEIGHTS_FILE).is_file() and not _has_weights(source):
        reason = "belongs to an mlx-lm adapter, which needs no import"
        return [Refusal(WEIGHTS_FILE, reason, "put the folder below adapters/, or name its path")]
    return []


def _has_weights(source: Path) -> bool:
    return (source / FILE).is_file()


def _no_weights(source: Path) -> Refusal:
    pickle = PEFT_FILES[1]
    if not (source / pickle).is_file():
        return Refusal(FILE, "is missing", SAVE)
    reason = "is a pickle, which can run code when it is read, and is never opened here"
    mend = f"load it in PEFT and write {FILE}: `save_pretrained(DIR, safe_serialization=True)`"
    return Refusal(pickle, reason, mend)


def _name_refusals(target: Path, name: str, force: bool) -> list[Refusal]:
    where, another = f"the name {name}", "choose another name"
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        rule = "must begin with a letter or figure and have only letters, figures and . _ -"
        return [Refusal(where, rule, another)]
    if name == NO_ADAPTER:
        return [Refusal(where, "means the model without an adapter", another)]
    if any((target / file).exists() for file in (RECIPE_FILE, MANIFEST_FILE)):
        return [Refusal(where, f"is that of an adapter trained here: {target}", another)]
    if not os.path.lexists(target) or (force and target.is_dir()):
        return []
    mend = another if force else f"{another}, or replace it with --force"
    return [Refusal(where, f"is taken: {target} exists", mend)]


def _layer_refusals(found: Found, config: PeftConfig, blocks_are_alike: bool) -> list[Refusal]:
    paths = sorted(found.pairs)
    refusals = place_refusals(paths, config)
    if not refusals and blocks_are_alike and (missing := gaps(paths, config, None)):
        mend = f"give --base if its layers differ from each other; else {SAVE}"
        refusals.append(_missing(missing, mend))
    return refusals


def _missing(paths: list[str], mend: str) -> Refusal:
    reason = f"missing, though their like in other layers is there: {listed(paths)}"
    return Refusal(FILE, reason, mend)


def _convert(source: Path, found: Found) -> tuple[dict[str, Any], list[Refusal]]:
    """Both matrices of each layer as mlx-lm has them, and what is wrong with their numbers.

    MLX reads bfloat16, which numpy has not.
    """
    import mlx.core as mx

    try:
        stored: Any = mx.load(str(source / FILE))
        tensors = {
            f"{path}.lora_{side.lower()}": mx.contiguous(
                stored[f"base_model.model.{path}.lora_{side}.weight"].T
            )
            for path in sorted(found.pairs)
            for side in "AB"
        }
        return tensors, value_refusals(tensors)
    except RuntimeError as error:
        return {}, [Refusal(FILE, f"cannot be read by MLX: {error}", SAVE)]


def _install(adapter: PeftAdapter, source: Path, target: Path, base: Base | None) -> None:
    """Write beside, try on the base, and rename. Other files of a replaced folder are kept."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".importing-") as beside:
        fresh = Path(beside) / target.name
        if target.exists():
            shutil.copytree(target, fresh, ignore=shutil.ignore_patterns(WEIGHTS_FILE, CONFIG_FILE))
        fresh.mkdir(exist_ok=True)
        _write(fresh, adapter, base)
        if base is not None:
            _try_on(adapter, source, fresh, base)
        _put(fresh, target, Path(beside) / "replaced")


def _put(fresh: Path, target: Path, aside: Path) -> None:
    """Rename a folder to where another one may be, which comes back if that fails."""
    if target.exists():
        os.replace(target, aside)
    try:
        os.replace(fresh, target)
    except BaseException:
        if aside.exists():
            os.replace(aside, target)
        raise


def _write(folder: Path, adapter: PeftAdapter, base: Base | None) -> None:
    import mlx.core as mx

    config = mlx_config(adapter)
    if base is not None:
        config = replace(config, base_fingerprint=base.fingerprint, base_name=plain_name(base.name))
    try:
        mx.save_safetensors(str(folder / WEIGHTS_FILE), dict(adapter.tensors), {"format": "mlx"})
    except RuntimeError as error:  # MLX's own way to say that the disk refuses
        raise OSError(str(error)) from error
    text = json.dumps(config_json(config), indent=2, sort_keys=True, ensure_ascii=False)
    (folder / CONFIG_FILE).write_text(text + "\n", encoding="utf-8")
    for name in (WEIGHTS_FILE, CONFIG_FILE):
        with (folder / name).open("rb+") as file:
            os.fsync(file.fileno())


def mlx_config(adapter: PeftAdapter) -> AdapterConfig:
    """The adapter's configuration for any base that fits."""
    config = adapter.config
    return AdapterConfig(
        fine_tune_type="lora",
        num_layers=ALL_BLOCKS,
        rank=config.rank,
        scale=config.scale,
        dropout=config.dropout,
        keys=keys(adapter.paths, config),
        base_fingerprint=None,
        base_name=config.base,
    )


def _try_on(adapter: PeftAdapter, source: Path, fresh: Path, base: Base) -> None:
    import mlx.nn as nn

    linear = (nn.Linear, nn.QuantizedLinear)
    layers = [name for name, module in base.model.named_modules() if isinstance(module, linear)]
    if missing := gaps(adapter.paths, adapter.config, layers):
        mend = f"name the base that it was trained on; or {SAVE}"
        refuse(source, [_missing(missing, mend)])
    try:
        take_off(base.model, wear(base, fresh))
    except AdapterError as error:
        raise AdapterError(str(error).replace(str(fresh), str(source))) from None
