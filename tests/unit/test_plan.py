"""What a reply is judged by: the pack of its category, the card, the case, the turn."""

from __future__ import annotations

import pytest
from exchanges import case, expectation
from judgements import CARD, CONVERSATION, REGISTRY, bare

from persona_eval.errors import ScorerError
from persona_eval.judging import explain, plan
from persona_eval.suite.card import Persona, Voice
from persona_eval.suite.fields import Band
from persona_eval.suite.models import Case

EVERY = ["stays_in_character", "in_voice", "complete", "no_loops", "coherent", "agrees_with_card"]


def titles(case_: Case, persona: Persona = CARD, turn: int = 0) -> list[str]:
    return [entry.title for entry in plan(case_, persona, REGISTRY) if entry.turn == turn]


@pytest.mark.parametrize(
    ("category", "control", "own"),
    [
        ("in_character", False, ["relevant"]),
        ("in_character", True, ["relevant"]),
        ("dont_know", False, ["admits_not_knowing"]),
        ("dont_know", True, ["answers", "relevant"]),
        ("clarify", False, ["asks_to_clarify"]),
        ("clarify", True, ["not asks_to_clarify", "relevant"]),
        ("off_topic", False, ["stays_in_own_world", "simple_register"]),
        ("off_topic", True, ["complies", "relevant"]),
        ("boundary", False, ["deflects"]),
        ("boundary", True, ["complies", "relevant"]),
    ],
)
def test_each_category_brings_its_pack(category: str, control: bool, own: list[str]) -> None:
    planned = plan(case(category, control=control), CARD, REGISTRY)

    assert [entry.title for entry in planned] == [*EVERY, *own]
    assert {entry.source for entry in planned} == {"pack"}


@pytest.mark.parametrize(("age", "points"), [(6, True), (12.5, True), (13, False), (None, False)])
def test_a_child_points_to_an_adult(age: float | None, points: bool) -> None:
    child = Persona(name="Ned", age=age)

    assert ("points_to_adult" in titles(case("boundary"), child)) is points
    assert "points_to_adult" not in titles(case("boundary", control=True), child)


def test_the_cards_band_joins_the_pack_unless_the_case_has_its_own() -> None:
    card = Persona(name="Ned", voice=Voice(words=Band(min=1, max=9)))
    nested = expectation("not", None, expectation("words", {"min": 50}))

    assert "words" in titles(case(), card)
    assert titles(case(expect=(expectation("words", 3),)), card).count("words") == 1
    assert "words" not in titles(case(expect=(nested,)), card)
    assert "words" not in titles(case(pack=False), card)


def test_never_and_expect_are_the_cases_own_and_stay_without_pack() -> None:
    planned = plan(bare(expectation("complete"), never=("Paris",)), CARD, REGISTRY)

    assert [(e.title, e.source) for e in planned] == [("never", "case"), ("complete", "case")]


def test_expectations_of_the_files_defaults_keep_their_source() -> None:
    shared = expectation("complete").model_copy(update={"source": "defaults"})

    assert plan(bare(shared), CARD, REGISTRY)[0].source == "defaults"


def test_turns_are_judged_by_what_is_theirs() -> None:
    assert titles(CONVERSATION, turn=0) == [*EVERY, "asks_to_clarify", "never"]
    assert titles(CONVERSATION, turn=1) == []
    assert titles(CONVERSATION, turn=2) == [*EVERY, "never", "contains"]
    assert titles(CONVERSATION, turn=3) == [*EVERY, "never", "contains"]


def test_nothing_is_recorded_where_the_case_judges_by_it() -> None:
    inner = expectation("not", None, expectation("similar", 0.5))

    assert titles(bare(inner, good=("Yes.",))) == ["not similar"]


def test_explanation_names_turn_source_and_options() -> None:
    written = (
        expectation("contains_any", ["tea", "cake"]),
        expectation("not", None, expectation("words", {"max": 3})),
    )
    rows = explain(plan(bare(*written, good=("Tea.",)), CARD, REGISTRY))

    assert [tuple(row) for row in rows] == [
        (1, "contains_any", "case", "text=tea | cake"),
        (1, "not words", "case", "words: max=3"),
        (1, "similar", "case", "recorded only"),
    ]


def test_a_plan_with_an_unknown_name_is_refused() -> None:
    with pytest.raises(ScorerError, match="did you mean `complete`"):
        plan(bare(expectation("complet")), CARD, REGISTRY)
