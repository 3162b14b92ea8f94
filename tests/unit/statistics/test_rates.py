"""Figures against the libraries that define them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from statsmodels.stats.proportion import proportion_confint

from persona_eval.statistics.rates import balanced_accuracy, mean, wilson


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_the_one_of_scipy_and_statsmodels(counts: tuple[int, int]) -> None:
    successes, n = counts
    found = wilson(successes, n)
    expected = binomtest(successes, n).proportion_ci(method="wilson")
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-9)


@given(st.integers(1, 100), st.floats(0, 1))
def test_fractional_successes_lie_in_their_interval(n: int, share: float) -> None:
    low, high = wilson(share * n, n)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


def test_more_confidence_is_wider() -> None:
    narrow, wide = wilson(7, 10, 0.8), wilson(7, 10, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_nothing_is_known_of_nothing() -> None:
    assert wilson(0, 0) == (0, 1)


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3), (float("nan"), 3), (1, 0)])
def test_impossible_counts(successes: float, n: int) -> None:
    with pytest.raises(ValueError, match="among"):
        wilson(successes, n)


def test_mean() -> None:
    assert mean([]) is None
    assert mean([0.0, 1.0, 0.5]) == 0.5


def test_doing_the_same_to_every_prompt_is_worth_one_half() -> None:
    assert balanced_accuracy(1.0, 0.0) == 0.5
    assert balanced_accuracy(0.75, 0.25) == 0.5
    assert balanced_accuracy(None, 1.0) is None
    assert balanced_accuracy(1.0, None) is None
