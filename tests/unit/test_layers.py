"""Imports point one way: each room knows only those to its left, lazily imported or not."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import persona_eval

ROOT = Path(persona_eval.__file__).parent
PACKAGE = "persona_eval"

LAYERS = (
    ("errors", "text", "notes"),
    ("fingerprint", "settings"),
    ("suite",),
    ("models",),
    ("training",),
    ("identity", "overlap"),
    ("trials",),
    ("runner",),
    ("likelihoods", "counterfeits"),
    ("scorers",),
    ("judging",),
    ("judge", "selfcheck", "battery"),
    ("statistics",),
    ("consistency", "drift"),
    ("results", "selftest", "lint"),
    ("store",),
    ("history",),
    ("labels",),
    ("calibration", "choosing"),
    ("damage", "tries"),
    ("canaries",),
    ("doctor",),
    ("compare", "baseline"),
    ("gate", "feasibility", "standings"),
    ("sides", "sweeps"),
    ("pairing",),
    ("accepting", "gaps", "evidence"),
    ("outcome",),
    ("reports",),
    ("api",),
    ("chat", "scaffold"),
    ("cli", "pytest_plugin"),
)
RANKS = {room: rank for rank, layer in enumerate(LAYERS) for room in layer}
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in ROOT.rglob("*.py")
    if path != ROOT / "__init__.py"
)


def source(module: str) -> str:
    return ROOT.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")


def imported(module: str) -> Iterator[tuple[int, str]]:
    """Line and room of every import of this package in a module, wherever it stands. The room
    of a public name is the package itself, written as an empty string."""
    for node in ast.walk(ast.parse(source(module))):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            assert node.level == 0, f"{module}:{node.lineno}: a relative import"
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            first, *rest = name.split(".")
            if first == PACKAGE:
                yield node.lineno, rest[0] if rest and rest[0] in RANKS else ""


def room_of(module: str) -> str:
    return module.split(".")[0]


def test_every_module_has_a_room() -> None:
    assert {room_of(module) for module in MODULES} == RANKS.keys()


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_left(module: str) -> None:
    own = room_of(module)
    wrong = [
        f"{module}:{line} imports {room or 'the public names'}"
        for line, room in imported(module)
        if room != own and (not room or RANKS[room] >= RANKS[own])
    ]
    assert wrong == []


def test_nothing_imports_what_stands_at_the_right_end() -> None:
    ends = set(LAYERS[-1])
    users = {room_of(m) for m in MODULES for _, room in imported(m) if room in ends}
    assert users <= ends


def test_the_public_names_exist() -> None:
    for name in persona_eval.__all__:
        assert getattr(persona_eval, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = persona_eval.nothing
