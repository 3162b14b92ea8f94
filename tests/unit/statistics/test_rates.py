"""Figures against the libraries that define them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest
from statsmodels.stats.proportion import proportion_confint

from persona_eval.statistics.rates import balanced_accuracy, mean, wilson


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_the_one_of_scipy_with_continuity_correction(counts: tuple[int, int]) -> None:
    expected = binomtest(*counts).proportion_ci(method="wilsoncc")
    assert wilson(*counts) == pytest.approx((expected.low, expected.high), abs=1e-9)


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        ((81, 263), (0.2535, 0.3682)),
        ((15, 148), (0.0598, 0.1644)),
        ((0, 20), (0, 0.2005)),
        ((1, 29), (0.0018, 0.1963)),
    ],
)
def test_the_examples_of_newcombe(counts: tuple[int, int], interval: tuple[float, float]) -> None:
    """Statistics in Medicine 1998, 17:857–872, table I, method 4."""
    assert wilson(*counts) == pytest.approx(interval, abs=5e-5)


@given(st.integers(1, 100), st.floats(0, 1))
def test_its_ends_are_those_of_half_a_success_fewer_and_more(n: int, share: float) -> None:
    successes = share * n
    low, _ = proportion_confint(max(0, successes - 0.5), n, method="wilson")
    _, high = proportion_confint(min(n, successes + 0.5), n, method="wilson")
    assert wilson(successes, n) == pytest.approx((low, high), abs=1e-9)


@given(st.integers(1, 100), st.floats(0, 1))
def test_fractional_successes_lie_in_their_interval(n: int, share: float) -> None:
    low, high = wilson(share * n, n)
    assert 0 <= low <= share <= high <= 1


def test_it_misses_no_more_than_it_says() -> None:
    """Of cases whose trials are all alike, the worst there can be, at every size from 5 to 200.
    Rates beyond .012 and .988 are missed a little too often."""
    worst = [missed(n) for n in range(5, 201)]
    assert max(share for each in worst for rate, share in each if 0.012 <= rate <= 0.988) <= 0.05
    assert max(share for each in worst for _, share in each) == pytest.approx(0.0516, abs=5e-5)


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


def missed(n: int) -> list[tuple[float, float]]:
    """How often the interval leaves the truth out, at the rates just outside one of them: only
    there it is the worst."""
    low, high = np.array([wilson(passes, n) for passes in range(n + 1)]).T
    rates = np.concatenate([low[1:] - 1e-9, high[:-1] + 1e-9])
    too_low = binom.cdf(np.searchsorted(high, rates) - 1, n, rates)
    too_high = binom.sf(np.searchsorted(low, rates, "right") - 1, n, rates)
    return list(zip(rates.tolist(), (too_low + too_high).tolist(), strict=True))
