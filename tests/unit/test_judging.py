"""Replies become judgements: verdicts, errors, what is skipped and what is only recorded."""

from __future__ import annotations

import json

import numpy as np
import pytest
from exchanges import Letters, case, expectation
from judgements import BEHAVIOUR, CARD, CONVERSATION, REGISTRY, bare, passing

from persona_eval.errors import ScorerError
from persona_eval.judging import Judgement, judge_trial, judged_pairs, plan
from persona_eval.scorers import rules
from persona_eval.scorers.base import Exchange, Score, Tools
from persona_eval.scorers.composite import Not
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.scorers.relevance import Relevant
from persona_eval.scorers.tools import prepare
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case


def judged(
    case_: Case, *replies: str, tools: Tools | None = None, persona: Persona = CARD
) -> Judgement:
    planned = plan(case_, persona, REGISTRY)
    return judge_trial(case_, persona, planned, [(r, "stop") for r in replies], tools or Tools())


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


def test_only_what_a_pack_asks_for_is_judged_as_its_member() -> None:
    own = expectation("not", None, expectation("relevant"))
    planned = {e.title: e.scorer for e in plan(case(expect=(own,)), CARD, default_registry())}

    assert planned["relevant"] == Relevant().in_pack() != Relevant()
    assert planned["not relevant"] == Not(children=(Relevant(),))


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
