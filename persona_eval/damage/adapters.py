"""The adapters that are measured: found, current and of this base, before anything is generated."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from persona_eval.errors import AdapterError
from persona_eval.models.adapter_files import adapter_digest
from persona_eval.models.bundled import NAME
from persona_eval.models.locate import BaseFiles
from persona_eval.runner import WornAdapter
from persona_eval.settings import pytest_setting
from persona_eval.training.adapter import load_adapter, resolve_adapter
from persona_eval.training.current import own_recipe, require_current

BASE = WornAdapter("base", None, "none")
"""No adapter. Stored replies know it by this fingerprint."""


def base_of(specs: Sequence[str], root: Path) -> str:
    """The base that the adapters' recipes name first; where none has a recipe, that of a run:
    `persona_model` of pytest's configuration, or the bundled one. Raises AdapterError for an
    adapter that does not exist."""
    named = (resolve_adapter(spec, root) for spec in specs if spec != BASE.name)
    recipes = (own_recipe(folder) for folder in named)
    of_runs = next(iter(pytest_setting(Path(), "persona_model")), NAME)
    return next((recipe.base for recipe in recipes if recipe), of_runs)


def ready_adapters(specs: Sequence[str], root: Path, base: BaseFiles) -> list[WornAdapter]:
    """The adapters of these names or folders. Raises AdapterError for one that is missing, stale,
    or made for another base, with what to do about it, and for two of one name."""
    adapters = [_ready(spec, root, base) for spec in dict.fromkeys(specs)]
    names = [adapter.name for adapter in adapters]
    if twice := [name for name in names if names.count(name) > 1]:
        raise AdapterError(f"two adapters have the same name, {twice[0]}: measure one at a time")
    return adapters


def require_unchanged(adapter: WornAdapter) -> None:
    """Raise AdapterError when an adapter's files are no longer what they were."""
    if adapter.folder is not None and adapter_digest(adapter.folder) != adapter.fingerprint:
        raise AdapterError(
            f"the adapter {adapter.folder} was changed while it was being measured. What it had "
            "answered before is kept: run again"
        )


def _ready(spec: str, root: Path, base: BaseFiles) -> WornAdapter:
    if spec == BASE.name:
        raise AdapterError(
            f"`{spec}` means no adapter, which is what each adapter is compared with: name an "
            f"adapter below {root}, or a folder"
        )
    folder = resolve_adapter(spec, root)
    require_current(folder, base)
    return WornAdapter(load_adapter(folder).name, folder, adapter_digest(folder))
