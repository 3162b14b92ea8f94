"""A recipe with some of its settings changed: checked, and with a name for a folder."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel

from persona_eval.errors import DataError, Problem, TrainingError
from persona_eval.fingerprint import digest_text
from persona_eval.suite.suggest import nearest
from persona_eval.training.recipe import RECIPE_FILE, Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.tries.cells import Changes

UNCHANGED = "as it is"
LONGEST_NAME = 120
NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Size:
    """How much of a training each variant is; None: as much as the recipe says."""

    examples: int | None = None
    """Conversations to learn from."""
    epochs: int | None = None


@dataclass(frozen=True)
class Variant:
    """One cell of the table."""

    changes: Mapping[str, Any]
    """What differs from the adapter's recipe, by dotted keys, as the recipe holds it."""
    recipe: Recipe
    """Its data paths count from the adapter's folder."""
    size: Size = Size()

    @property
    def label(self) -> str:
        """For people: ``learning_rate=0.0005 lora.rank=8``."""
        pairs = (f"{key}={value_text(value)}" for key, value in self.changes.items())
        return " ".join(pairs) or UNCHANGED

    @property
    def slug(self) -> str:
        """Name of its folder: the same settings in any order have the same, others another."""
        size = {key: value for key, value in asdict(self.size).items() if value is not None}
        settings = sorted({**self.changes, **size}.items())
        text = "_".join(f"{key}-{value_text(value)}" for key, value in settings) or "as-is"
        safe = NO_NAME.sub("-", text)[:LONGEST_NAME]
        return safe if safe == text else f"{safe}-{digest_text(text)[:8]}"


def make_variants(
    recipe: Recipe, path: Path, cells: Sequence[Changes], size: Size
) -> list[Variant]:
    """The variants of an adapter's recipe, which stands in ``path``; cells that come to the same
    recipe once. Raises DataError with what is wrong in any of them, or TrainingError."""
    _check_keys(cells, path)
    if size.epochs is not None and any("epochs" in changes for changes in cells):
        raise TrainingError("--epochs is the same for all variants: leave it out to vary `epochs`")
    found: list[Variant] = []
    problems: dict[tuple[str, str], Problem] = {}
    for changes in cells:
        try:
            variant = _variant(recipe, changes, size)
        except DataError as error:
            for problem in error.problems:
                message = f"{problem.message} (variant `{_typed(changes)}`)"
                key = (problem.key, problem.message)
                problems.setdefault(key, Problem(path, 0, 0, problem.key, message))
        else:
            if all(variant.recipe != other.recipe for other in found):
                found.append(variant)
    if problems:
        raise DataError(problems.values())
    return found


def recipe_text(written: Mapping[str, Any], comment: str = "") -> str:
    """A recipe's settings as the file that says so."""
    head = f"# {comment}\n" if comment else ""
    return head + yaml.safe_dump(dict(written), sort_keys=False, allow_unicode=True)


def recipe_keys(model: type[BaseModel] = Recipe, above: str = "") -> Iterator[str]:
    """All keys of a recipe with dots, sections included."""
    for name, field in model.model_fields.items():
        yield above + name
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from recipe_keys(part, f"{above}{name}.")


def value_at(recipe: Recipe, key: str) -> Any:
    """The value of a dotted key; None inside a section that is not there."""
    value: Any = recipe.model_dump(mode="json")
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def value_text(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, str) and value.isprintable():
        return value
    return json.dumps(value)


def _variant(recipe: Recipe, changes: Changes, size: Size) -> Variant:
    written = recipe.model_dump(mode="json", exclude_unset=True)
    if size.epochs is not None:
        written["epochs"] = size.epochs
    for key, value in changes.items():
        _put(written, key, value)
    changed = _read(written)
    return Variant({key: value_at(changed, key) for key in changes}, changed, size)


def _put(written: dict[str, Any], key: str, value: Any) -> None:
    *sections, last = key.split(".")
    for section in sections:
        if not isinstance(written.get(section), dict):
            written[section] = {}
        written = written[section]
    written[last] = value


def _read(written: Mapping[str, Any]) -> Recipe:
    """As from a file, so that what is refused is refused with the same words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / RECIPE_FILE
        path.write_text(recipe_text(written), encoding="utf-8")
        return load_recipe(path)


def _check_keys(cells: Sequence[Changes], path: Path) -> None:
    known = list(recipe_keys())
    unknown = {key for changes in cells for key in changes if key not in known}
    if unknown:
        raise DataError(Problem(path, 0, 0, key, _unknown(key, known)) for key in unknown)


def _unknown(key: str, known: Sequence[str]) -> str:
    """`rank` is meant by `lora.rank`, and `lora.rnak` too."""
    inside = next((name for name in known if name.endswith(f".{key}")), None)
    near = inside or nearest(key, known)
    meant = f": did you mean `{near}`?" if near else "."
    return f"unknown key{meant} Allowed: {', '.join(known)}"


def _typed(changes: Changes) -> str:
    return " ".join(f"{key}={value_text(value)}" for key, value in changes.items()) or UNCHANGED
