"""Nearness to examples. The embedder counts letters: same letters, same vector."""

from __future__ import annotations

import numpy as np
import pytest
from exchanges import Letters, case, exchange, expectation
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import ScorerError
from persona_eval.scorers.base import Score, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.similarity import (
    SCORERS,
    RecordedSimilarity,
    Similar,
    learn_limit,
    readings,
)
from persona_eval.suite.models import Case

REGISTRY = Registry(SCORERS)
CASE = case(good=("aab",), bad=("xxy",))
MANY = case(good=("aab", "abb", "aba b"), bad=("xxy", "xyy", "xyx y"))


def judge(name: str, argument: object, reply: str, case_: Case = CASE) -> Score:
    scorer = REGISTRY.build(expectation(name, argument))
    return scorer.judge(exchange(reply, case_, Tools(embedder=Letters())))


@pytest.mark.parametrize(
    ("argument", "reply", "passed"),
    [
        (0.9, "baa", True),
        (0.9, "xyx", False),
        ({"at_least": 0.9}, "ab", True),
        ({"margin": 0.5}, "ab", True),
        ({"margin": 0.5}, "abxy", False),
        ({"at_least": 0.1}, "axxx", False),  # nearer to the bad example
        ({"to": "kk", "at_least": 0.9}, "kkk", True),
        ({"to": ["kk"], "unlike": ["mm"], "margin": 0.9}, "k", True),
    ],
)
def test_similar_and_its_reverse(argument: object, reply: str, passed: bool) -> None:
    assert judge("similar", argument, reply).passed is passed
    assert judge("dissimilar", argument, reply).passed is not passed


def test_the_nearest_reference_is_quoted() -> None:
    score = judge("similar", {"at_least": 0.99}, "ab")

    assert score.reason == "0.95 to “aab”, below 0.99"
    assert score.value == pytest.approx(0.9487, abs=1e-3)


def test_without_contrast_only_the_nearest_reference_counts() -> None:
    score = judge("similar", 0.5, "baa", case(good=("aab",)))

    assert (score.passed, score.limit) == (True, 0.5)


@given(reply=st.text(alphabet="abxy", min_size=1, max_size=6), limit=st.floats(0.01, 1))
def test_negation_is_the_opposite_also_at_the_limit(reply: str, limit: float) -> None:
    value = judge("similar", {"at_least": 1.0}, reply, case(good=("aab",))).value
    for at_least in (limit, min(max(float(value or 0), 0.01), 1.0)):
        plain = judge("similar", at_least, reply)
        reverse = judge("dissimilar", at_least, reply)
        scorer = REGISTRY.build(expectation("not", None, expectation("similar", at_least)))
        negated = scorer.judge(exchange(reply, CASE, Tools(embedder=Letters())))
        assert [reverse.passed, negated.passed] == [not plain.passed] * 2 or plain.skipped


@given(
    low=st.floats(0.01, 1), high=st.floats(0.01, 1), reply=st.text("abxy", min_size=1, max_size=5)
)
def test_a_higher_threshold_never_passes_more(low: float, high: float, reply: str) -> None:
    low, high = sorted((low, high))

    assert not judge("similar", high, reply).passed or judge("similar", low, reply).passed


def test_an_example_is_no_reference_for_itself() -> None:
    two = case(good=("aab", "aaab"), bad=("xxy", "ab"))

    assert judge("similar", 0.9, "AAB ").skipped == "the only reference is this reply itself"
    assert judge("similar", 0.9, "aab", two).reason.startswith("0.99 to “aaab”")
    assert (
        judge("similar", {"margin": 0.1}, "xxy").skipped == "the only contrast is this reply itself"
    )
    assert judge("similar", {"at_least": 0.9}, "xxy").passed is False


def test_a_reference_that_is_no_example_may_be_met_exactly() -> None:
    assert judge("similar", {"to": "kkm", "at_least": 0.99}, "kkm").passed is True


@pytest.mark.parametrize(
    ("argument", "case_", "said"),
    [
        (0.5, case(), "nothing to compare to"),
        (None, CASE, "three good and three bad examples to learn its limit from; it has 1 good"),
        ({"margin": 0.1}, case(good=("a",)), "nothing to keep away from"),
        ({"to": "x"}, CASE, "needs `at_least` or `margin`"),
        (0, CASE, "greater than 0"),
        ({"at_least": 1.1}, CASE, "less than or equal to 1"),
        ({"margin": -1}, CASE, "greater than or equal to 0"),
    ],
)
def test_a_similar_that_cannot_judge_is_a_problem(argument: object, case_: Case, said: str) -> None:
    (sentence,) = REGISTRY.problems(expectation("similar", argument), case_)

    assert said in sentence


def test_the_limit_is_learnt_from_three_examples_of_each_side() -> None:
    assert not REGISTRY.problems(expectation("similar"), MANY)
    assert judge("similar", None, "bbaa", MANY).passed is True
    assert judge("similar", None, "yyx", MANY).passed is False
    assert "right for 100%" in judge("similar", None, "bbaa", MANY).reason


@pytest.mark.parametrize("reply", MANY.good)
def test_the_limit_is_learnt_without_the_example_that_is_judged(reply: str) -> None:
    assert judge("similar", None, reply, MANY).passed is True


def test_examples_that_cannot_be_told_apart_judge_nothing() -> None:
    mixed = case(good=("ab", "xy", "mn"), bad=("abb", "xyy", "mnn"))

    assert "cannot be told apart" in str(judge("similar", None, "ab xy", mixed).skipped)


def test_too_few_examples_beside_the_judged_one_judge_nothing() -> None:
    few = case(good=("aab", "abb"), bad=("xxy", "xyy"))

    assert "too few" in str(judge("similar", None, "aab", few).skipped)


def test_the_learnt_limit_lies_in_the_widest_gap() -> None:
    assert learn_limit([0.5, 0.7], [-0.5, 0.1]) == (pytest.approx(0.3), 1.0)
    assert learn_limit([0.1], [0.1]) == (0.0, 0.5)


class NotFinite(Letters):
    def embed(self, texts: object) -> np.ndarray:
        return np.full((len(list(texts)), 3), np.nan, dtype=np.float32)  # type: ignore[call-overload]


@pytest.mark.parametrize("tools", [Tools(), Tools(embedder=NotFinite())])
def test_no_embedder_and_no_finite_embedding_are_errors(tools: Tools) -> None:
    with pytest.raises(ScorerError, match=r"no embedder|not finite"):
        REGISTRY.build(expectation("similar", 0.5)).judge(exchange("ab", CASE, tools))


def test_all_texts_are_named_ahead() -> None:
    scorer = REGISTRY.build(expectation("similar", 0.5))

    assert list(scorer.texts(exchange("ab", CASE))) == ["ab", "aab", "xxy"]


def test_recorded_similarity_has_a_value_and_no_verdict() -> None:
    tools = Tools(embedder=Letters())
    score = RecordedSimilarity().judge(exchange("baa", CASE, tools))

    assert (score.passed, score.skipped) == (None, "recorded only")
    assert score.value == pytest.approx(1.0, abs=1e-5)
    assert RecordedSimilarity().judge(exchange("aab", CASE, tools)).value is None
    assert list(RecordedSimilarity().texts(exchange("b", CASE))) == ["b", "aab"]


def test_echoing_the_question_is_no_nearness() -> None:
    assert readings("The capital of Peru? Lima!", "What's the capital of Peru?") == (
        "The of ? Lima!",
    )
    assert readings("Peru!", "What's the capital of Peru?") == ("Peru!",), "nothing else is left"


def test_the_beginning_is_read_by_itself_too() -> None:
    assert readings("One. Two. Three.", "Hi") == ("One. Two. Three.", "One. Two.")
    long = exchange(
        "Lima. Yes. " + "zzz " * 40, case(good=("Lima. Yes.",)), Tools(embedder=Letters())
    )
    assert Similar(at_least=0.99).judge(long).passed
