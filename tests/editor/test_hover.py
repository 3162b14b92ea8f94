"""The docstrings of the code, shown over the keys of suites, cards and recipes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from edited import CARD, RECIPE, SUITE, Editor, bare_names
from pydantic import BaseModel

from persona_eval.scorers.registry import default_registry
from persona_eval.suite.card import Generation, KnownFact
from persona_eval.suite.schema import CATEGORY_TEXTS
from persona_eval.suite.written import (
    WrittenCase,
    WrittenDrift,
    WrittenPersona,
    WrittenSuite,
    WrittenTurn,
    WrittenVoice,
)
from persona_eval.training.recipe import Checkpoints, Data, Lora, Recipe, SuiteChoice

CASE = """\
persona: persona.yaml
defaults: {tags: [slow]}
templates: {wish: {category: clarify}}
gate: {undecided: pass}
cases:
  - id: a
    category: dont_know
    control: true
    use: wish
    prompt: What's a {thing}?
    paraphrases: [Do you know a {thing}?]
    vars: {thing: [kite, spade]}
    trials: {min: 2}
    pass_rate: 0.5
    must_pass: true
    generation:
      temperature: 1
      top_p: 0.9
      top_k: 0
      min_p: 0
      repetition_penalty: 1
      min_tokens: 1
      max_tokens: 99
      seed: 3
      stop: [The end]
    never: [x]
    tags: [smoke]
    skip: later
    xfail: one day
    fixtures: [tmp_path]
    good: [I know!]
    bad: [No.]
    pack: none
    expect: [relevant]
"""
TURNS = """\
persona: persona.yaml
cases:
  - id: a
    category: clarify
    turns:
      - user: Hello
        assistant: Hi!
      - judge: true
        probe: style
        expect: [relevant]
"""
DRIFT = """\
persona: persona.yaml
cases:
  - id: a
    category: clarify
    drift:
      max_drop: 0.2
      filler: [Hm.]
      probes: [How are you?]
      every: 2
      rounds: 4
"""
CARD_TEXT = """\
name: Bo
age: 6
description: A bear.
system_prompt: null
voice:
  samples: [Hi.]
  catchphrases: [Hm!]
  words: {min: 1}
  reading_grade: {max: 5}
aliases: [Bobo]
trusted_adults: [Mum]
facts: [Bo is a bear.]
knows:
  - ask: Who?
    answer: [Bo]
does_not_know: [maths]
never_says: [AI]
limits: {complete: 0.5}
generation: {temperature: 0.5}
"""
RECIPE_TEXT = """\
base: gemma3-270m
data:
  train: t.jsonl
  valid: v.jsonl
  valid_share: 0.1
lora:
  rank: 8
  scale: 2
  dropout: 0
  keys: [self_attn.q_proj]
  layers: 4
  type: dora
learning_rate: 0.001
schedule: linear
warmup: 0.1
batch_size: 4
accumulate: 2
epochs: 1
seed: 1
max_length: 99
clip: null
weight_decay: 0
checkpoints: {every: 5, keep: 2}
select: suite
suite: {path: suites, cases: 9, trials: 2}
patience: 3
"""


def folded(text: str | None) -> str:
    return " ".join((text or "").split())


def silent(
    editor: Editor, place: Any, text: str, *models: type[BaseModel], leave_out: Iterable[str] = ()
) -> set[str]:
    """Keys of these models whose docstring is not shown over them."""
    docs = {
        field.alias or name: folded(field.description)
        for model in models
        for name, field in model.model_fields.items()
        if name not in leave_out
    }
    shown = editor.hovers(place, text, [f"{key}:" for key in docs])
    return {key for key, doc in docs.items() if not doc or doc not in shown[f"{key}:"]}


def test_every_key_of_a_case(editor: Editor) -> None:
    left_out = ["turns", "drift"]
    assert silent(editor, SUITE, CASE, WrittenSuite, WrittenCase, leave_out=left_out) == set()
    assert silent(editor, SUITE, TURNS, WrittenTurn, leave_out=["expect"]) == set()


def test_every_key_of_a_long_conversation(editor: Editor) -> None:
    assert silent(editor, SUITE, DRIFT, WrittenDrift) == set()
    (shown,) = editor.hovers(SUITE, DRIFT, ["drift:"]).values()
    assert shown.startswith("Makes the case a long conversation")


def test_every_key_of_generation(editor: Editor) -> None:
    assert silent(editor, SUITE, CASE, Generation) == set()


def test_a_hover_text_says_what_holds_by_default(editor: Editor) -> None:
    (shown,) = editor.hovers(SUITE, CASE, ["temperature"]).values()
    assert shown.startswith("0 takes the likeliest token each time. Default: 0.8.")


def test_categories(editor: Editor) -> None:
    (shown,) = editor.hovers(SUITE, CASE, ["dont_know"]).values()
    for category, text in CATEGORY_TEXTS.items():
        assert f"`{category}`: {text}" in shown


def test_every_expectation_bare_or_as_a_key(editor: Editor) -> None:
    docs = {name: part["description"] for name, part in default_registry().schema().items()}
    figures = {"words", "sentences", "reading_grade"}
    items = [
        name if name in bare_names() else f"{name}: {3 if name in figures else 'x'}"
        for name in docs
    ]
    shown = editor.hovers(SUITE, expecting(items), docs)
    assert {name for name, doc in docs.items() if doc not in shown[name]} == set()


def test_an_expectation_with_options(editor: Editor) -> None:
    text = expecting(["similar: {margin: 0.1}", "contains: {text: x}", "not: {any_of: [answers]}"])
    shown = editor.hovers(SUITE, text, ["similar", "margin", "contains", "text", "not", "any_of"])
    assert [hover.split(":")[0].split(".")[0] for hover in shown.values()] == [
        "Passes when the nearest reference in `to` is at least `at_least` near (cosine), and "
        "nearer than the nearest in `unlike` by `margin`",
        "How much nearer the nearest reference must be than the nearest contrast",
        "Passes when the reply contains the text, as whole words; of a list, every one",
        "One text or a list",
        "Passes when this one expectation fails",
        "Passes when one of these passes, or several",
    ]


def expecting(items: list[str]) -> str:
    case = "persona: p\ncases:\n  - id: a\n    category: clarify\n    prompt: z\n    expect:\n"
    return case + "".join(f"      - {item}\n" for item in items)


def test_every_key_of_a_card(editor: Editor) -> None:
    assert silent(editor, CARD, CARD_TEXT, WrittenPersona, WrittenVoice, KnownFact) == set()


def test_every_key_of_a_recipe(editor: Editor) -> None:
    models = (Recipe, Data, Lora, Checkpoints, SuiteChoice)
    assert silent(editor, RECIPE, RECIPE_TEXT, *models) == set()
