"""What a language model finds likely; here, short texts are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from exchanges import case, exchange, expectation

from persona_eval.models.base import Message
from persona_eval.scorers.base import Score, Tools
from persona_eval.scorers.likelihood import SCORERS
from persona_eval.scorers.registry import Registry
from persona_eval.suite.card import Persona, Voice
from persona_eval.suite.models import Case

REGISTRY = Registry(SCORERS)


class Brief:
    """A model that finds each letter as unlikely as the next."""

    def mean_logprob(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        assert messages
        return [-float(len(reply)) for reply in replies]


def judge(
    name: str, argument: object, reply: str, case_: Case | None = None, samples: int = 5
) -> Score:
    persona = Persona(
        name="Ned", voice=Voice(samples=("a", "aaa", "aaaa", "aa", "aaaaa")[:samples])
    )
    asked = exchange(
        reply, case_, Tools(likelihood=Brief(), base_likelihood=Brief()), persona=persona
    )
    return REGISTRY.build(expectation(name, argument)).judge(asked)


@pytest.mark.parametrize(
    ("argument", "reply", "passed"),
    [
        (None, "bbbbb", True),
        (None, "bbbbbb", False),
        (-3, "bbb", True),
        (-3, "bbbb", False),
        (-3, "", False),
    ],
)
def test_fluent(argument: object, reply: str, passed: bool) -> None:
    assert judge("fluent", argument, reply).passed is passed


def test_fluent_needs_samples_or_a_figure() -> None:
    assert (
        judge("fluent", None, "bb", samples=4).skipped == "the card has fewer than 5 voice samples"
    )


@pytest.mark.parametrize(
    ("argument", "passed", "lead"),
    [(None, True, 2.0), (2, True, 2.0), (2.5, False, 2.0), ({"good": "aaaaaa"}, False, -2.0)],
)
def test_prefers(argument: object, passed: bool, lead: float) -> None:
    score = judge("prefers", argument, "", case(good=("a", "aaa"), bad=("aaaa",)))

    assert (score.passed, score.value) == (passed, lead)


def test_prefers_needs_more_than_a_draw() -> None:
    assert judge("prefers", None, "", case(good=("aa",), bad=("bb",))).passed is False


@pytest.mark.parametrize("name", ["fluent", "prefers"])
def test_both_are_skipped_without_a_model(name: str) -> None:
    scorer = REGISTRY.build(expectation(name))

    assert "model at hand" in str(
        scorer.judge(exchange("a", case(good=("a",), bad=("b",)))).skipped
    )


def test_prefers_wants_two_sides_and_company() -> None:
    alone = case(good=("a",), bad=("b",), pack=False, expect=(expectation("prefers"),))

    def said(case_: Case) -> str:
        return " ".join(REGISTRY.problems(expectation("prefers"), case_))

    assert "needs good and bad replies" in said(case(good=("a",)))
    assert "never judges alone" in said(alone)
    assert said(case(good=("a",), bad=("b",))) == ""
