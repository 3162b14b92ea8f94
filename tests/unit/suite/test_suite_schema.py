from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml

from persona_eval.suite.models import CATEGORIES
from persona_eval.suite.schema import (
    CATEGORY_TEXTS,
    persona_schema,
    suite_schema,
    write_schemas,
)
from persona_eval.suite.vocabulary import Vocabulary


@pytest.fixture
def suite(vocabulary: Vocabulary) -> dict[str, Any]:
    return suite_schema(vocabulary)


def refusals(schema: dict[str, Any], text: str) -> list[str]:
    data = yaml.safe_load(dedent(text))
    errors = jsonschema.Draft7Validator(schema).iter_errors(data)
    return [f"{error.json_path}: {error.message}" for error in errors]


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """All parts of a schema that have properties."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_schemas_are_valid_themselves(suite: dict[str, Any]) -> None:
    draft = jsonschema.Draft7Validator(jsonschema.Draft7Validator.META_SCHEMA)
    assert list(draft.iter_errors(suite)) == []
    assert list(draft.iter_errors(persona_schema())) == []


def test_every_key_has_a_hover_text(suite: dict[str, Any]) -> None:
    for schema in (suite, persona_schema()):
        parts = [part for part in objects(schema) if part["properties"] != {"turns": False}]
        keys = [item for part in parts for item in part["properties"].items()]
        assert [key for key, value in keys if not value.get("description")] == []
        assert len(keys) >= 20


def test_categories_are_listed(suite: dict[str, Any]) -> None:
    category = suite["$defs"]["case"]["properties"]["category"]
    assert category["enum"] == list(CATEGORY_TEXTS) == list(CATEGORIES)
    assert category["enumDescriptions"] == list(CATEGORY_TEXTS.values())


SUITE = """
    persona: persona.yaml
    defaults:
      trials: 3
      pass_rate: 0.66
      generation: {temperature: 0.8, top_p: 0.95, top_k: 50, min_p: 0, repetition_penalty: 1.1,
                   min_tokens: 0, max_tokens: 320, seed: 0, stop: []}
    templates:
      base: {category: clarify, prompt: x}
    cases:
      - id: burkina-faso
        category: dont_know
        prompt: What's the capital of Burkina Faso?
        never: [Ouagadougou]
        good: ["Ooh, I dunno that one!"]
        bad: ["The capital of Burkina Faso is Ouagadougou."]
      - id: brother-name
        category: dont_know
        control: true
        prompt: What's your brother's name?
        expect:
          - contains: Moss
          - relevant
          - not: {any_of: [relevant, {words: {min: 3}}]}
      - id: recover-from-garble
        category: clarify
        turns:
          - {user: "Can you do the thing?", judge: true}
          - {user: "The balloon game!", expect: [contains: [Lava Porch, balloon]]}
        tags: [smoke]
      - {id: used, use: base, vars: {x: [a, 3]}}
"""


def test_a_suite_of_the_language_is_valid(suite: dict[str, Any]) -> None:
    assert refusals(suite, SUITE) == []


CASE = "{id: a, category: clarify, prompt: x, %s}"


@pytest.mark.parametrize(
    "case",
    [
        "{id: a, category: clarify}",
        "{id: a, prompt: x}",
        "{category: clarify, prompt: x}",
        "{id: A b, category: clarify, prompt: x}",
        "{id: a, category: nonsense, prompt: x}",
        "{id: a, category: clarify, prompt: x, turns: [{user: y}]}",
        CASE % "trials: 0",
        CASE % "pass_rate: 0",
        CASE % "never: ['']",
        CASE % "tags: [a b]",
        CASE % "trails: 3",
        CASE % "line: 3",
        CASE % "pack: all",
        CASE % "generation: {top_p: 2}",
        CASE % "expect: []",
        CASE % "expect: [nonsense]",
        CASE % "expect: [contains]",
        CASE % "expect: [contains: 3]",
        CASE % "expect: [{contains: a, relevant: {}}]",
        CASE % "expect: [not]",
        CASE % "expect: [not: [relevant]]",
        CASE % "expect: [any_of: []]",
        CASE % "expect: [any_of: [nonsense]]",
        CASE % "expect: [words: {min: x}]",
        CASE % "expect: [words: {}]",
    ],
)
def test_what_loading_refuses_the_schema_refuses(suite: dict[str, Any], case: str) -> None:
    assert refusals(suite, f"persona: p.yaml\ncases: [{case}]") != []


def test_a_suite_without_cases_is_refused(suite: dict[str, Any]) -> None:
    assert refusals(suite, "persona: p.yaml\ncases: []") != []


def expectation(suite: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """The bare names, and the schema of a mapping."""
    schema = suite["$defs"]["expectation"]
    return [form["const"] for form in schema["anyOf"] if "const" in form], schema["then"]


def test_a_bare_name_is_offered_where_it_is_enough(suite: dict[str, Any]) -> None:
    bare, _ = expectation(suite)
    assert bare == ["relevant", "similar"]
    (snippet, _) = suite["$defs"]["expectation"]["defaultSnippets"]
    assert snippet == {
        "label": "relevant", "description": "Passes when it answers.", "body": "relevant"
    }  # fmt: skip


def test_what_takes_no_argument_is_allowed_as_a_key_and_not_offered(suite: dict[str, Any]) -> None:
    _, one_key = expectation(suite)
    assert list(one_key["patternProperties"]) == ["^relevant$"]
    assert one_key["properties"].keys() == {
        "contains", "similar", "words", "all_of", "any_of", "not"
    }  # fmt: skip
    assert refusals(suite, f"persona: p.yaml\ncases: [{CASE % 'expect: [relevant: ]'}]") == []


def test_definitions_of_arguments_get_names_of_their_own(suite: dict[str, Any]) -> None:
    _, one_key = expectation(suite)
    assert one_key["properties"]["words"]["anyOf"][1] == {"$ref": "#/$defs/words.Band"}
    assert suite["$defs"]["words.Band"]["type"] == "object"


CARD = """
    name: Tully
    age: 6
    system_prompt: null
    voice:
      samples: [Hi., {from: train.jsonl}]
      words: {min: 1, max: 220}
    knows: [{ask: "What's your brother called?", answer: [Moss]}]
"""


def test_a_card_of_the_language_is_valid() -> None:
    assert refusals(persona_schema(), CARD) == []
    assert refusals(persona_schema(), "{name: Bo, voice: {samples: {from: train.jsonl}}}") == []


@pytest.mark.parametrize(
    "card",
    [
        "{}",
        "{name: ''}",
        "{name: Bo, nickname: B}",
        "{name: Bo, age: -1}",
        "{name: Bo, voice: {samples: [{form: x}]}}",
        "{name: Bo, voice: {samples: Hi.}}",
        "{name: Bo, knows: [{ask: Who}]}",
    ],
)
def test_wrong_cards_are_refused(card: str) -> None:
    assert refusals(persona_schema(), card) != []


def test_files_are_written_the_same_each_time(tmp_path: Path, vocabulary: Vocabulary) -> None:
    first = [path.read_bytes() for path in write_schemas(tmp_path, vocabulary)]
    paths = write_schemas(tmp_path, vocabulary)
    assert [path.name for path in paths] == ["suite.schema.json", "persona.schema.json"]
    assert [path.read_bytes() for path in paths] == first
    assert json.loads(first[0])["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert first[0].endswith(b"}\n")
