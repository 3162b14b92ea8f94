"""Who is examined: an adapter with its data, or the bare base model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from persona_eval.canaries import asked_adapters
from persona_eval.damage.adapters import BASE
from persona_eval.errors import AdapterError
from persona_eval.models.locate import BaseFiles
from persona_eval.runner import WornAdapter
from persona_eval.training.adapter import CHECKPOINTS, find_adapters
from persona_eval.training.fingerprint import Sources
from persona_eval.training.recipe import RECIPE_FILE, Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import read_sources


@dataclass(frozen=True)
class Subject:
    """What is known about it before anything is generated."""

    adapter: WornAdapter
    recipe: Recipe | None
    sources: Sources | None
    """What it was trained on; None where that is not known."""

    @property
    def is_base(self) -> bool:
        """Whether no adapter is worn."""
        return self.adapter.folder is None


def asked_for(spec: str | None, root: Path, configured: Sequence[str]) -> str:
    """The adapter that is meant: the named one, else the first of `persona_adapters`, else the
    only one there is, else none. Raises AdapterError where there are several."""
    if spec:
        return spec
    if configured:
        return configured[0]
    found = find_adapters(root)
    if len(found) > 1:
        raise AdapterError(
            f"which adapter? {root} has: {', '.join(found)}. Name one, or `{BASE.name}` for none; "
            "or write `persona_adapters = NAME` into pytest's configuration"
        )
    return found[0] if found else BASE.name


def ready(spec: str, root: Path, base: BaseFiles) -> Subject:
    """The adapter of this name, checked. Raises AdapterError for one that is missing, stale or of
    another base, DataError for a recipe or data that cannot be read."""
    adapters = asked_adapters([spec], root, base)
    if len(adapters) > 1:
        raise AdapterError(f"{spec} means {len(adapters)} adapters: name one of them")
    adapter = adapters[0]
    recipe, sources = _made_from(adapter.folder)
    return Subject(adapter, recipe, sources)


def _made_from(folder: Path | None) -> tuple[Recipe | None, Sources | None]:
    """The recipe and its data, which a checkpoint has two folders above."""
    if folder is None:
        return None, None
    made_in = folder.parent.parent if folder.parent.name == CHECKPOINTS else folder
    if not (made_in / RECIPE_FILE).is_file():
        return None, None
    recipe = load_recipe(made_in / RECIPE_FILE)
    return recipe, read_sources(recipe, made_in)
