"""Packs, plans and judgements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

import numpy as np
import pytest
from exchanges import Letters, case, expectation

from persona_eval.errors import ScorerError
from persona_eval.judging import Judgement, explain, judge_trial, judged_pairs, plan
from persona_eval.scorers import rules, similarity
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.tools import prepare
from persona_eval.suite.fields import Band
from persona_eval.suite.models import Case, Persona, Turn, Voice

EVERY = ["stays_in_character", "in_voice", "complete", "no_loops", "coherent", "agrees_with_card"]
BEHAVIOUR = (
    *("stays_in_character", "in_voice", "coherent", "agrees_with_card", "relevant", "answers"),
    *("admits_not_knowing", "asks_to_clarify", "stays_in_own_world", "simple_register"),
    *("complies", "deflects", "points_to_adult"),
)


def passing(named: str) -> type[Scorer]:
    """A scorer of that name that passes whatever comes."""

    class Passes(Scorer):
        name: ClassVar[str] = named

        def judge(self, exchange: Exchange) -> Score:
            return Score(True, "as always", 1)

    return Passes


class Odd(Scorer):
    """Returns what it was given, whatever that is."""

    name: ClassVar[str] = "odd"

    returns: Any = None

    def judge(self, exchange: Exchange) -> Score:
        if isinstance(self.returns, Exception):
            raise self.returns
        return self.returns  # type: ignore[no-any-return]

    def texts(self, exchange: Exchange) -> Iterable[str]:
        if self.returns is not None:
            raise RuntimeError("no texts")
        return [exchange.reply, "more"]


REGISTRY = Registry([*rules.SCORERS, *similarity.SCORERS, *map(passing, BEHAVIOUR), Odd])
CARD = Persona(name="Ned", age=40)


def titles(case_: Case, persona: Persona = CARD, turn: int = 0) -> list[str]:
    return [entry.title for entry in plan(case_, persona, REGISTRY) if entry.turn == turn]


def judged(
    case_: Case, *replies: str, tools: Tools | None = None, persona: Persona = CARD
) -> Judgement:
    planned = plan(case_, persona, REGISTRY)
    return judge_trial(case_, persona, planned, [(r, "stop") for r in replies], tools or Tools())


def bare(*written: Any, **fields: Any) -> Case:
    """A case without its pack."""
    return case(pack=False, expect=written, **fields)


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


CONVERSATION = case(
    "clarify",
    turns=(
        Turn(user="Do it!", judge=True),
        Turn(user="This?", assistant="Mm."),
        Turn(user="The game!", expect=(expectation("contains", "game"),)),
        Turn(user="And now?"),
    ),
    expect=(expectation("contains", "now"),),
    never=("Paris",),
)


def test_turns_are_judged_by_what_is_theirs() -> None:
    assert titles(CONVERSATION, turn=0) == [*EVERY, "asks_to_clarify", "never"]
    assert titles(CONVERSATION, turn=1) == []
    assert titles(CONVERSATION, turn=2) == [*EVERY, "never", "contains"]
    assert titles(CONVERSATION, turn=3) == [*EVERY, "never", "contains"]


def test_each_reply_is_judged_in_its_conversation() -> None:
    seen = []

    class Sees(passing("coherent")):  # type: ignore[misc]
        def judge(self, exchange: Exchange) -> Score:
            seen.append([(m.role, m.content) for m in exchange.messages])
            return Score(True, "")

    card = Persona(name="Ned", system_prompt="Be Ned.")
    only = CONVERSATION.model_copy(update={"pack": True})
    registry = Registry([*rules.SCORERS, *map(passing, set(BEHAVIOUR) - {"coherent"}), Sees])
    planned = plan(only, card, registry)
    judge_trial(
        only, card, planned, [("What?", "stop"), ("A game", "stop"), ("c", "stop")], Tools()
    )

    assert seen[1] == [
        ("system", "Be Ned."), ("user", "Do it!"), ("assistant", "What?"), ("user", "This?"),
        ("assistant", "Mm."), ("user", "The game!"),
    ]  # fmt: skip


def test_a_judgement_is_ready_for_json() -> None:
    judgement = judged(bare(expectation("not", None, expectation("contains", "tea"))), "My tea!")

    assert judgement.passed is False
    assert json.loads(json.dumps(judgement.scores)) == [
        {
            "turn": 0,
            "expectation": "not contains",
            "source": "case",
            "passed": False,
            "skipped": None,
            "value": 1,
            "limit": 1,
            "reason": "not wanted: contains passes (contains “tea”)",
            "error": None,
        }
    ]


def test_all_expectations_are_evaluated_and_one_failure_is_enough() -> None:
    judgement = judged(bare(expectation("contains", "a"), expectation("contains", "b")), "b")

    assert [score["passed"] for score in judgement.scores] == [False, True]
    assert (judgement.passed, judgement.error) == (False, None)


def test_the_finish_reason_reaches_the_scorers() -> None:
    planned = plan(bare(expectation("complete")), CARD, REGISTRY)

    assert judge_trial(case(), CARD, planned, [("Yes.", "length")], Tools()).passed is False


@pytest.mark.parametrize(
    ("returns", "said"),
    [
        (RuntimeError("boom"), "`odd` crashed: RuntimeError: boom"),
        (ScorerError("no embedder"), "`odd`: no embedder"),
        (True, "returned True, which is no Score"),
        (Score("yes", ""), "`passed` must be true, false or None, not 'yes'"),  # type: ignore[arg-type]
        (Score(None, "why"), "`passed` is None exactly when"),
        (Score(True, "why", skipped="but"), "`passed` is None exactly when"),
        (Score(True, None), "`reason` must be text"),  # type: ignore[arg-type]
        (Score(True, "", float("nan")), "a value must be finite, not nan"),
        (Score(True, "", 1, float("inf")), "a value must be finite, not inf"),
        (Score(True, "", [1]), "a value must be a number, text or None"),  # type: ignore[arg-type]
        (Score(True, "", True), "a value must be a number"),
    ],
)
def test_a_crash_or_nonsense_is_an_error_and_never_a_verdict(returns: object, said: str) -> None:
    judgement = judged(
        bare(expectation("odd", {"returns": returns}), expectation("complete")), "Yes."
    )

    assert judgement.passed is None
    assert said in str(judgement.error)
    assert [score["passed"] for score in judgement.scores] == [None, True]
    assert said in judgement.scores[0]["error"]


def test_numbers_of_numpy_are_taken_as_numbers() -> None:
    odd = Score(np.bool_(True), "fine", np.float32(0.5), np.int64(1))  # type: ignore[arg-type]
    judgement = judged(bare(expectation("odd", {"returns": odd})), "Yes.")

    assert judgement.passed is True
    assert json.loads(json.dumps(judgement.scores))[0]["value"] == 0.5


def test_a_skipped_score_counts_neither_way() -> None:
    skipping = expectation("not_memorised")

    assert judged(bare(skipping, expectation("complete")), "Yes.").passed is True
    assert judged(bare(skipping, expectation("contains", "no")), "Yes.").passed is False


def test_a_reply_that_nothing_judged_does_not_pass() -> None:
    judgement = judged(bare(expectation("not_memorised")), "Yes.")

    assert judgement.passed is None
    assert judgement.error == "nothing judged this reply: every expectation was skipped"


def test_the_number_of_replies_must_fit() -> None:
    with pytest.raises(ValueError, match="3 replies to judge, not 1"):
        judged(CONVERSATION, "one")


def test_nearness_to_good_examples_is_recorded_and_does_not_judge() -> None:
    with_good = bare(expectation("complete"), good=("Yes.",))
    recorded = judged(with_good, "Sey.", tools=Tools(embedder=Letters())).scores[-1]

    assert (recorded["expectation"], recorded["passed"]) == ("similar", None)
    assert recorded["skipped"] == "recorded only"
    assert recorded["value"] == pytest.approx(1, abs=1e-5)
    assert [s["expectation"] for s in judged(with_good, "Sey.").scores] == ["complete"]


def test_nothing_is_recorded_where_the_case_judges_by_it() -> None:
    inner = expectation("not", None, expectation("similar", 0.5))

    assert titles(bare(inner, good=("Yes.",))) == ["not similar"]


def test_texts_to_embed_are_named_once() -> None:
    both = bare(expectation("similar", 0.5), expectation("odd"), good=("Yes.", "Aye."))
    planned = plan(both, CARD, REGISTRY)

    letters = Letters()
    prepare(Tools(embedder=letters), judged_pairs(both, CARD, planned, [("Yes.", "stop")]))
    assert letters.asked == [["Yes.", "Aye.", "more"]]


def test_texts_that_cannot_be_named_are_left_to_the_judging() -> None:
    odd = bare(expectation("odd", {"returns": 1}))

    letters = Letters()
    pairs = judged_pairs(odd, CARD, plan(odd, CARD, REGISTRY), [("Yes.", "stop")])
    prepare(Tools(embedder=letters, reader=letters), pairs)
    assert letters.asked == []


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
