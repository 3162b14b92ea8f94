"""Whether an adapter is what its recipe asks for today, and of this base. Loads no model."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from persona_eval.errors import AdapterError
from persona_eval.models.adapter_files import read_config
from persona_eval.training.adapter import is_stale
from persona_eval.training.recipe import RECIPE_FILE, Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import fingerprint


class Named(Protocol):
    """A base model, or its files."""

    @property
    def name(self) -> str: ...
    @property
    def fingerprint(self) -> str: ...


def own_recipe(folder: Path) -> Recipe | None:
    """The recipe in an adapter's folder; None for one that came from elsewhere. Raises DataError
    for one that cannot be read."""
    path = folder / RECIPE_FILE
    return load_recipe(path) if path.is_file() else None


def outdated(recipe: Recipe, folder: Path, base: Named, option: str) -> str | None:
    """Why the adapter of a recipe should be trained (again), or None when it is current. Raises
    AdapterError where the recipe is for another base: ``option`` is what names one."""
    if base.name not in (recipe.base, Path(recipe.base).expanduser().resolve().name):
        raise AdapterError(
            f"{folder / RECIPE_FILE}: the recipe's base is {recipe.base}, but this run uses "
            f"{base.name}. Run with {option} {recipe.base}, or train an adapter for {base.name}"
        )
    return is_stale(folder, fingerprint(recipe, folder, base.fingerprint))


def require_current(folder: Path, base: Named, option: str = "--model", instead: str = "") -> None:
    """Raise AdapterError where recipe, data or base are no longer those of the adapter, with the
    command that mends it, and ``instead`` for another way out."""
    recipe = own_recipe(folder)
    if recipe and (why := outdated(recipe, folder, base, option)):
        raise AdapterError(
            f"adapter {folder.name} is not current: {why}. Train it: persona-eval train "
            f"{folder.name}{instead}"
        )
    config = read_config(folder)
    if config.base_fingerprint not in (None, base.fingerprint):
        raise AdapterError(
            f"{folder} was trained on {config.base_name or 'another base'}, not on {base.name}, or "
            f"the base has changed since. Name its base with {option}"
        )
