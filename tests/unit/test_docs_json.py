"""The page on JSON names every key that a command writes, and no reader has to guess."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from documents import DOCS, ROOT

from persona_eval.canaries import Reading, Shift, Summary
from persona_eval.compare import STATUSES
from persona_eval.damage.effect import Effect
from persona_eval.gaps.lengths import LengthFigures, Spread

PACKAGE = ROOT / "persona_eval"
WRITERS = {
    "canaries": ["reports/canaries.py"],
    "damage": ["reports/damage.py", "damage/effect.py"],
    "gaps": ["reports/gaps_json.py"],
    "try": ["reports/tries.py"],
    "score": ["cli/score.py"],
}
RECORDS = {
    "canaries": (Reading, Summary, Shift),
    "damage": (Effect,),
    "gaps": (LengthFigures,),
}
"""Dataclasses that are written as they are."""


def section(command: str) -> str:
    """What the page says of a command."""
    parts = re.split(r"^## ", (DOCS / "json.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    (found,) = (part for part in parts if f"persona-eval {command} " in part.splitlines()[0])
    return found


def keys(path: Path) -> Iterator[str]:
    """Keys of all objects that stand in a module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        for key in node.keys if isinstance(node, ast.Dict) else ():
            if (
                isinstance(key, ast.Constant)
                and isinstance(key.value, str)
                and key.value.isidentifier()
            ):
                yield key.value


@pytest.mark.parametrize("command", WRITERS)
def test_every_key_is_told(command: str) -> None:
    written = {key for path in WRITERS[command] for key in keys(PACKAGE / path)}
    written |= {field.name for record in RECORDS.get(command, ()) for field in fields(record)}
    told = set(re.findall(r"`([a-z_]+)`", section(command)))
    assert sorted(written - told - {"schema"}) == []


def test_the_spread_of_lengths_is_told() -> None:
    assert all(f"`{name}`" in section("gaps") for name in Spread._fields)


def test_every_status_of_a_comparison_is_told() -> None:
    page = (DOCS / "json.md").read_text(encoding="utf-8")
    assert [status for status in STATUSES if f"`{status}`" not in page] == []
