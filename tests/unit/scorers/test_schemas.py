"""What may stand after an expectation's name, in a form from which editors insert sensibly."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import jsonschema
import pytest
from pydantic import Field

from persona_eval.scorers.base import Scorer
from persona_eval.scorers.schemas import argument_schema


class Plain(Scorer):
    """Takes nothing."""

    name: ClassVar[str] = "plain"


class Optional(Scorer):
    """Takes a figure, or does without."""

    name: ClassVar[str] = "optional"
    short: ClassVar[str | None] = "at_least"

    at_least: float | None = Field(default=None, gt=0)
    """The figure."""


class Either(Scorer):
    """Takes text or a list, or does without."""

    name: ClassVar[str] = "either"
    short: ClassVar[str | None] = "text"

    text: str | tuple[str, ...] = "x"
    """The text."""


class Choice(Scorer):
    """Takes one of two words, or does without."""

    name: ClassVar[str] = "choice"
    short: ClassVar[str | None] = "mood"

    mood: Literal["sad", "glad"] = "sad"
    """The word."""


class Needed(Scorer):
    """Takes a figure."""

    name: ClassVar[str] = "needed"
    short: ClassVar[str | None] = "at_least"

    at_least: float = Field(gt=0)
    """The figure."""


class Longhand(Scorer):
    """Takes options only."""

    name: ClassVar[str] = "longhand"

    least: int
    """The least."""


SCORERS = (Plain, Optional, Either, Choice, Needed, Longhand)
SCHEMAS = {found.name: argument_schema(found) for found in SCORERS}


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("plain", [None, {}], [3, "x", {"x": 1}]),
        ("optional", [None, 3, {}, {"at_least": 3}, {"at_least": None}], [0, "x", {"x": 1}]),
        ("either", [None, "x", ["x"], {}, {"text": ["x"]}], [3, [3], {"text": 3}, {"x": 1}]),
        ("choice", [None, "sad", {}, {"mood": "glad"}], ["mad", 3, {"mood": "mad"}, {"x": 1}]),
        ("needed", [3, {"at_least": 3}], [None, 0, {}, {"at_least": 0}, {"x": 1}]),
        ("longhand", [{"least": 3}], [None, 3, {}, {"x": 1}]),
    ],
)
def test_the_short_form_the_options_and_nothing(
    name: str, right: list[Any], wrong: list[Any]
) -> None:
    check = jsonschema.Draft7Validator(SCHEMAS[name])
    assert [value for value in right if not check.is_valid(value)] == []
    assert [value for value in wrong if check.is_valid(value)] == []


def test_beside_a_bare_name_the_mapping_comes_first() -> None:
    assert SCHEMAS["plain"]["type"] == ["object", "null"]
    assert SCHEMAS["optional"]["type"] == ["object", "number", "null"]
    assert SCHEMAS["either"]["type"][0] == "object"


def test_no_short_form_speaks_for_the_expectation() -> None:
    for schema in SCHEMAS.values():
        assert all("description" not in form for form in schema.get("anyOf", ()))
    assert SCHEMAS["needed"]["description"] == "Takes a figure."


def test_wrong_options_are_told_apart_from_wrong_forms() -> None:
    errors = jsonschema.Draft7Validator(SCHEMAS["needed"]).iter_errors({"at_leats": 3})
    assert "'at_leats' was unexpected" in " ".join(error.message for error in errors)
