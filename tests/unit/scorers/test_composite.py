"""`not`, `any_of`, `all_of`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

import pytest
from exchanges import case, exchange, expectation
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import ScorerError
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.composite import is_calibrated
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.rules import SCORERS
from persona_eval.suite.models import Case, Expectation


class Unsure(Scorer):
    """Never judges."""

    name: ClassVar[str] = "unsure"
    calibrated: ClassVar[bool] = True

    def judge(self, exchange: Exchange) -> Score:
        return Score.skip("no idea")

    def texts(self, exchange: Exchange) -> Iterable[str]:
        return ("a text",)

    def applies_to(self, case: Case) -> str | None:
        return "it applies to nothing"


YES, NO, SKIP = expectation("contains", "yes"), expectation("contains", "no"), expectation("unsure")
REGISTRY = Registry([*SCORERS, Unsure])


def judged(name: str, *children: Expectation) -> Score:
    return REGISTRY.build(expectation(name, None, *children)).judge(exchange("yes"))


@pytest.mark.parametrize(
    ("name", "children", "passed"),
    [
        ("not", [YES], False),
        ("not", [NO], True),
        ("not", [SKIP], None),
        ("any_of", [NO, YES], True),
        ("any_of", [NO, NO], False),
        ("any_of", [SKIP, NO], False),
        ("any_of", [SKIP, SKIP], None),
        ("all_of", [YES, YES], True),
        ("all_of", [YES, NO], False),
        ("all_of", [SKIP, YES], True),
        ("all_of", [SKIP], None),
    ],
)
def test_what_composites_make_of_the_inner_scores(
    name: str, children: list[Expectation], passed: bool | None
) -> None:
    score = judged(name, *children)

    assert score.passed is passed
    assert bool(score.skipped) is (passed is None)


def test_all_inner_reasons_are_shown() -> None:
    reason = judged("any_of", NO, SKIP).reason

    assert reason == "contains fails (does not contain “no”); unsure skipped (no idea)"


def test_a_failed_negation_says_that_it_is_not_wanted() -> None:
    assert judged("not", YES).reason == "not wanted: contains passes (contains “yes”)"


def test_nested_composites() -> None:
    inner = expectation("all_of", None, YES, NO)

    assert judged("not", inner).passed is True
    assert judged("not", expectation("not", None, YES)).passed is True


@pytest.mark.parametrize(("name", "count"), [("not", 0), ("not", 2), ("any_of", 0), ("all_of", 0)])
def test_the_wrong_number_of_inner_expectations_is_refused(name: str, count: int) -> None:
    wrong = expectation(name, None, *[YES] * count)

    assert len(REGISTRY.problems(wrong, case())) == 1
    with pytest.raises(ScorerError, match=f"`{name}`"):
        REGISTRY.build(wrong)


def test_a_composite_is_as_calibrated_as_what_it_holds() -> None:
    build = REGISTRY.build

    assert is_calibrated(build(expectation("not", None, SKIP)))
    assert is_calibrated(build(expectation("any_of", None, YES, expectation("not", None, SKIP))))
    assert not is_calibrated(build(expectation("all_of", None, YES, NO)))


def test_texts_and_objections_of_inner_expectations_come_through() -> None:
    scorer = REGISTRY.build(expectation("any_of", None, YES, SKIP))

    assert list(scorer.texts(exchange("yes"))) == ["a text"]
    assert scorer.applies_to(case()) == "it applies to nothing"


RULES = st.sampled_from(
    [
        expectation("contains_any", ["a", "no"]),
        expectation("never", "b"),
        expectation("words", {"max": 3}),
        expectation("sentences", {"min": 2}),
        expectation("matches", "[a-c]"),
        expectation("asks_question"),
        expectation("complete"),
        expectation("no_loops"),
        expectation("starts_with", "a"),
    ]
)


@given(rule=RULES, reply=st.text(alphabet="ab no.?!,", max_size=40))
def test_negation_is_the_exact_opposite(rule: Expectation, reply: str) -> None:
    plain = REGISTRY.build(rule).judge(exchange(reply)).passed
    negated = REGISTRY.build(expectation("not", None, rule)).judge(exchange(reply)).passed

    assert negated is (not plain)
