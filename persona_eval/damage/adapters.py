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
from persona_eval.training.adapter import is_stale, load_adapter, resolve_adapter
from persona_eval.training.recipe import RECIPE_FILE, Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import fingerprint

BASE = WornAdapter("base", None, "none")
"""No adapter. Stored replies know it by this fingerprint."""


def base_of(specs: Sequence[str], root: Path) -> str:
    """The base that the adapters' recipes name first; where none has a recipe, that of a run:
    `persona_model` of pytest's configuration, or the bundled one. Raises AdapterError for an
    adapter that does not exist."""
    named = (resolve_adapter(spec, root) for spec in specs if spec != BASE.name)
    recipes = (_recipe(folder) for folder in named)
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
    if recipe := _recipe(folder):
        _require_current(recipe, folder, base)
    adapter = load_adapter(folder)
    if adapter.config.base_fingerprint not in (None, base.fingerprint):
        raise AdapterError(
            f"{folder} was trained on {adapter.config.base_name or 'another base'}, not on "
            f"{base.name}, or the base has changed since. Name its base with --model"
        )
    return WornAdapter(adapter.name, folder, adapter_digest(folder))


def _recipe(folder: Path) -> Recipe | None:
    path = folder / RECIPE_FILE
    return load_recipe(path) if path.is_file() else None


def _require_current(recipe: Recipe, folder: Path, base: BaseFiles) -> None:
    if base.name not in (recipe.base, Path(recipe.base).expanduser().resolve().name):
        raise AdapterError(
            f"{folder / RECIPE_FILE}: the recipe's base is {recipe.base}, but this report is on "
            f"{base.name}. Run with --model {recipe.base}, or train an adapter for {base.name}"
        )
    if why := is_stale(folder, fingerprint(recipe, folder, base.fingerprint)):
        raise AdapterError(
            f"adapter {folder.name} is not current: {why}. Train it: persona-eval train "
            f"{folder.name}"
        )
