"""The files of a new character, as texts."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from persona_eval.models.bundled import NAME as BUNDLED
from persona_eval.scaffold.answers import TEMPLATES, Character
from persona_eval.scaffold.drafts import drafts, examples
from persona_eval.scorers.registry import Registry
from persona_eval.suite.schema import write_schemas
from persona_eval.suite.writing import flow_list, quoted, scalar
from persona_eval.training.recipe_schema import write_recipe_schema

if TYPE_CHECKING:
    from jinja2 import Environment

SUITES, ADAPTERS = "suites", "adapters"
WORKFLOW = Path(".github/workflows/persona-eval.yml")
WIDTH = 96
"""Columns of a comment."""


@dataclass(frozen=True)
class Texts:
    """What to write, by path from the project's folder."""

    own: dict[Path, str]
    """Of the character alone."""
    shared: dict[Path, str]
    """Of the project: kept where they are there already."""


def texts(character: Character, folder: str, registry: Registry, base: str = BUNDLED) -> Texts:
    """Everything that a project with this one character needs. Loads no model."""
    about = {
        "who": character, "folder": folder, "base": base, "bundled": base == BUNDLED,
        "suites": SUITES, "adapters": ADAPTERS, "version": version("persona-eval"),
        "todo": _marks(character.todo),
    }  # fmt: skip
    shared = {
        Path("conftest.py"): _rendered("conftest.py", about),
        Path("pytest.ini"): _rendered("pytest.ini", about),
        WORKFLOW: _rendered("workflow.yml", about),
    }
    return Texts(dict(_own(character, folder, registry, about)), shared | _schemas(registry))


def _schemas(registry: Registry) -> dict[Path, str]:
    with TemporaryDirectory() as folder:
        written = (*write_schemas(Path(folder), registry), write_recipe_schema(Path(folder)))
        return {Path(SUITES, path.name): path.read_text("utf-8") for path in written}


def _own(
    character: Character, folder: str, registry: Registry, about: dict[str, Any]
) -> Iterator[tuple[Path, str]]:
    home, adapter = Path(SUITES, folder), Path(ADAPTERS, folder)
    yield home / "persona.yaml", _rendered("persona.yaml", about)
    suites = drafts(character, registry)
    for category, draft in suites.items():
        yield home / f"{category}.suite.yaml", _rendered("suite.yaml", about | {"draft": draft})
    yield adapter / "recipe.yaml", _rendered("recipe.yaml", about)
    for part, rows in examples(character, suites).items():
        yield adapter / "data" / f"{part}.jsonl", "".join(f"{row.line}\n" for row in rows)


def _marks(todo: frozenset[str]) -> Any:
    """What follows a value: a mark where one of these answers is a placeholder."""

    def mark(*keys: str, join: str = "  # ") -> str:
        return f"{join}TODO: replace what is made up here" if todo.intersection(keys) else ""

    return mark


def _rendered(name: str, about: dict[str, Any]) -> str:
    return _environment().get_template(f"{name}.jinja").render(about)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {
        "quoted": quoted, "scalar": scalar, "flow_list": flow_list, "number": _number,
        "folded": _folded,
    }  # fmt: skip
    return environment


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _folded(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)
