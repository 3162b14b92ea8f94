"""What is offered while a suite, a card or a recipe is written."""

from __future__ import annotations

import pytest
from edited import CARD, CURSOR, RECIPE, SUITE, Editor, bare_names

from persona_eval.scorers.registry import default_registry
from persona_eval.suite.card import Generation
from persona_eval.suite.expectations import COMBINATORS
from persona_eval.suite.models import CATEGORIES
from persona_eval.suite.schema import CATEGORY_TEXTS
from persona_eval.suite.written import WrittenCase, WrittenPersona, WrittenSuite, WrittenVoice
from persona_eval.training.recipe import Lora, Recipe

REGISTRY = default_registry()
CASE = """\
persona: persona.yaml
cases:
  - id: brother-name
    category: dont_know
    prompt: What's your brother's name?
"""
EXPECT = CASE + "    expect:\n"


def test_keys_of_a_suite(editor: Editor) -> None:
    assert editor.completion(SUITE, CURSOR).keys() >= WrittenSuite.model_fields.keys()


def test_keys_of_a_case(editor: Editor) -> None:
    text = "persona: persona.yaml\ncases:\n  - ‸\n"
    assert editor.completion(SUITE, text).keys() >= WrittenCase.model_fields.keys()


def test_keys_that_are_there_are_not_offered_again(editor: Editor) -> None:
    offered = editor.completion(SUITE, CASE + "    ‸\n")
    assert "expect" in offered
    assert not {"id", "category", "prompt"} & offered.keys()


def test_a_key_brings_no_defaults_with_it(editor: Editor) -> None:
    offered = editor.completion(SUITE, CASE + "    ‸\n")
    assert offered["generation"] == ["generation:\n  "]
    assert offered["control"] == ["control: "]
    assert editor.completion(SUITE, CURSOR)["cases"] == ["cases:\n  - id: "]


def test_a_figure_begins_with_its_default(editor: Editor) -> None:
    offered = editor.completion(SUITE, CASE + "    ‸\n")
    assert offered["pass_rate"] == ["pass_rate: ${1:0.66}"]
    assert offered["trials"] == ["trials: ${1:3}"]


def test_categories(editor: Editor) -> None:
    items = editor.items(SUITE, CASE.replace("dont_know", CURSOR))
    texts = {item["label"]: item["documentation"] for item in items}
    assert texts == CATEGORY_TEXTS
    assert tuple(texts) == CATEGORIES


def test_keys_of_generation(editor: Editor) -> None:
    offered = editor.completion(SUITE, CASE + "    generation:\n      ‸\n")
    assert offered.keys() == Generation.model_fields.keys()
    assert offered["temperature"] == ["temperature: ${1:0.8}"]


@pytest.mark.parametrize("letters", ["", "con"])
def test_expectations_as_items_of_a_list(editor: Editor, letters: str) -> None:
    offered = editor.completion(SUITE, f"{EXPECT}      - {letters}‸")
    assert offered.keys() == {*REGISTRY.names(), *COMBINATORS}


def test_an_expectation_is_inserted_bare_as_a_key_or_both(editor: Editor) -> None:
    offered = editor.completion(SUITE, EXPECT + "      - ‸")
    assert offered["relevant"] == ["relevant"]
    assert offered["contains"] == ["contains: "]
    assert offered["similar"] == ["similar", "similar:\n    "]
    assert offered["any_of"] == ["any_of:\n    - "]
    assert offered["not"] == ["not: "]


def test_no_expectation_is_inserted_as_its_own_argument(editor: Editor) -> None:
    offered = editor.completion(SUITE, EXPECT + "      - ‸")
    bare = {name for name, texts in offered.items() if name in texts}
    assert bare == bare_names()
    keys = {text.strip() for texts in offered.values() for text in texts} - bare
    assert all(text.endswith((":", ": ", "-")) for text in keys)


def test_expectations_inside_another(editor: Editor) -> None:
    inside = editor.completion(SUITE, EXPECT + "      - any_of:\n          - ‸")
    assert {"relevant", "contains", "not"} <= inside.keys()
    negated = editor.completion(SUITE, EXPECT + "      - not: ‸\n")
    assert negated["relevant"] == ["relevant"]
    below = editor.completion(SUITE, EXPECT + "      - not:\n          con‸\n")
    assert below["contains"] == ["contains: "]


def test_options_of_an_expectation(editor: Editor) -> None:
    similar = editor.completion(SUITE, EXPECT + "      - similar:\n          ‸\n")
    assert similar.keys() == {"to", "unlike", "at_least", "margin"}
    words = editor.completion(SUITE, EXPECT + "      - words:\n          ‸\n")
    assert words == {"min": ["min: "], "max": ["max: "]}


def test_values_of_switches_and_choices(editor: Editor) -> None:
    assert editor.completion(SUITE, CASE + "    control: ‸\n").keys() == {"true", "false"}
    assert editor.completion(SUITE, CASE + "    trials: ‸\n").keys() == {"3", "auto"}
    gate = "gate:\n  undecided: ‸\n" + CASE
    assert editor.completion(SUITE, gate).keys() == {"pass", "fail"}


def test_keys_of_a_card(editor: Editor) -> None:
    assert editor.completion(CARD, CURSOR).keys() >= WrittenPersona.model_fields.keys()
    voice = editor.completion(CARD, "name: Bo\nvoice:\n  ‸\n")
    assert voice.keys() == WrittenVoice.model_fields.keys()
    assert voice["samples"] == ["samples: "]


def test_keys_of_a_recipe(editor: Editor) -> None:
    offered = editor.completion(RECIPE, CURSOR)
    assert offered.keys() >= Recipe.model_fields.keys()
    assert offered["learning_rate"] == ["learning_rate: ${1:0.0002}"]
    assert editor.completion(RECIPE, "lora:\n  ‸\n").keys() == Lora.model_fields.keys()
    schedules = editor.completion(RECIPE, "schedule: ‸\n")
    assert schedules.keys() == {"constant", "linear", "cosine"}
