from __future__ import annotations

from typing import Annotated, Any, Literal

import jsonschema
import pytest
from pydantic import Discriminator, Field, Tag

from persona_eval.suite.fields import Frozen
from persona_eval.suite.json_schema import definition_name, model_schema


class WrittenHat(Frozen):
    """Worn on the head."""

    brim: float = Field(default=0.5, gt=0)
    """How wide."""


def _kind(value: Any) -> str:
    return "<hat>" if isinstance(value, dict) else "<name>"


class Wardrobe(Frozen):
    """What there is to wear."""

    hat: WrittenHat = WrittenHat()
    """On the
    head."""
    cap: WrittenHat | None = None
    """For the sun."""
    scarf: Annotated[
        Annotated[str, Tag("<name>")] | Annotated[WrittenHat, Tag("<hat>")], Discriminator(_kind)
    ] = "red"
    """Round the neck."""
    size: Literal["small", "large"] = "small"
    """How it fits."""
    warm: bool = False
    """For the winter."""
    dry: bool = True
    """For the rain."""
    title: str = ""
    """On the door."""
    default: int = 0
    """What is put on."""


@pytest.fixture
def schema() -> dict[str, Any]:
    return model_schema(Wardrobe)


def test_descriptions_are_on_one_line_and_say_what_holds_by_default(schema: dict[str, Any]) -> None:
    texts = {key: part["description"] for key, part in schema["properties"].items()}
    assert texts == {
        "hat": "On the head.",
        "cap": "For the sun.",
        "scarf": "Round the neck. Default: red.",
        "size": "How it fits. Default: small.",
        "warm": "For the winter.",
        "dry": "For the rain. Default: true.",
        "title": "On the door.",
        "default": "What is put on. Default: 0.",
    }


def test_defaults_are_examples_where_nothing_is_listed(schema: dict[str, Any]) -> None:
    examples = {key: part.get("examples") for key, part in schema["properties"].items()}
    given = {key: example for key, example in examples.items() if example}
    assert given == {"scarf": ["red"], "default": [0]}
    assert schema["$defs"]["hat"]["properties"]["brim"]["examples"] == [0.5]


def test_nothing_has_a_title_or_a_default(schema: dict[str, Any]) -> None:
    parts = [schema, *schema["properties"].values(), *schema["$defs"].values()]
    assert all({"title", "default"}.isdisjoint(part) for part in parts)


def test_a_definition_has_the_name_of_messages(schema: dict[str, Any]) -> None:
    assert schema["$defs"].keys() == {"hat"}
    assert schema["properties"]["hat"]["$ref"] == "#/$defs/hat"
    assert definition_name("WrittenCase") == "case"
    assert definition_name("TrialRange") == "trial-range"


def test_one_form_among_others_does_not_speak_for_the_key(schema: dict[str, Any]) -> None:
    assert schema["properties"]["cap"]["anyOf"][0] == {"$ref": "#/$defs/hat"}
    assert "description" not in schema["$defs"]["hat"]


@pytest.mark.parametrize("scarf", ["blue", {"brim": 1}, {}])
def test_it_means_what_it_meant(schema: dict[str, Any], scarf: Any) -> None:
    check = jsonschema.Draft7Validator(schema)
    assert check.is_valid({"scarf": scarf, "title": "Coats", "default": 2})
    assert not check.is_valid({"scarf": 3})
    assert not check.is_valid({"hat": {"brim": 0}})
    assert not check.is_valid({"hat": {"feather": 1}})
