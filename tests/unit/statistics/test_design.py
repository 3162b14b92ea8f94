"""What designs can show, against scipy, exact tests and counting."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, f_oneway

from persona_eval.statistics.design import (
    cases_needed,
    fewest_lost,
    intraclass,
    smallest_drop,
    trial_spread,
)
from persona_eval.statistics.paired import sign_flip

COUNTS = st.integers(2, 8).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
MIXED = [(1, 3), (3, 3), (2, 5), (0, 2), (4, 5)]
"""Neither all alike nor each all-or-nothing."""


@given(st.lists(COUNTS, max_size=8))
def test_intraclass_is_the_analysis_of_variance_of_scipy(counts: list[tuple[int, int]]) -> None:
    counts = counts + MIXED
    sizes = [n for _, n in counts]
    size = (sum(sizes) - sum(n * n for n in sizes) / sum(sizes)) / (len(sizes) - 1)
    ratio = f_oneway(*([1] * passes + [0] * (n - passes) for passes, n in counts)).statistic
    assert intraclass(counts) == pytest.approx(max(0, (ratio - 1) / (ratio - 1 + size)))


def test_intraclass_by_hand() -> None:
    """Between (1/4 + 1/4 + 0) * 2 / 2 = 1/2, within (0 + 0 + 1/2 * 2 * 1/2) / 3 = 1/6."""
    assert intraclass([(2, 2), (0, 2), (1, 2)]) == pytest.approx((1 / 2 - 1 / 6) / (1 / 2 + 1 / 6))


def test_cases_that_are_all_or_nothing_are_one() -> None:
    assert intraclass([(3, 3), (0, 3), (2, 2)]) == 1


def test_cases_more_alike_than_by_chance_are_zero() -> None:
    assert intraclass([(1, 2)] * 5) == 0


@pytest.mark.parametrize(
    "counts",
    [[], [(1, 1), (0, 1)], [(1, 3)], [(3, 3), (2, 2)], [(0, 3)] * 9, [(3, 3), (0, 1), (0, 1)]],
)
def test_intraclass_undefined(counts: list[tuple[int, int]]) -> None:
    assert intraclass(counts) is None


@given(st.lists(COUNTS, max_size=8), st.lists(st.integers(0, 1), max_size=5))
def test_single_trials_tell_nothing(counts: list[tuple[int, int]], singles: list[int]) -> None:
    found = intraclass(counts)
    assert found == intraclass(counts + [(passes, 1) for passes in singles])
    assert found is None or 0 <= found <= 1


@given(st.floats(1e-6, 0.5))
def test_so_many_lost_are_significant_and_one_fewer_is_not(alpha: float) -> None:
    lost = fewest_lost(alpha)
    assert sign_flip([-1] * lost).worse <= alpha < sign_flip([-1] * (lost - 1)).worse


def test_five_cases_must_be_lost() -> None:
    assert [fewest_lost(alpha) for alpha in (1, 0.5, 0.05, 1 / 32, 0.01)] == [0, 1, 5, 5, 7]
    with pytest.raises(ValueError, match="alpha"):
        fewest_lost(0)


def test_without_luck_a_few_lost_cases_are_found() -> None:
    """(1.645 + 0.842)² = 6.18 cases on average, so that mostly five are lost."""
    assert smallest_drop(10, 0) == pytest.approx(0.618, abs=1e-3)
    assert smallest_drop(100, 0) == pytest.approx(0.0618, abs=1e-4)
    assert smallest_drop(5, 0.5) == 1
    assert smallest_drop(20, 0, power=0.5) == 5 / 20, "four are never significant"


@pytest.mark.parametrize("cases", [10, 20, 50, 100])
def test_losses_of_that_drop_are_found_with_that_power(cases: int) -> None:
    """Each case is lost outright with the probability of the drop. Without any luck the normal
    approximation is at its coarsest: 74 to 87 % instead of 80 %."""
    lost = binom(cases, smallest_drop(cases, 0))
    assert 0.74 <= lost.sf(fewest_lost(0.05) - 1) <= 0.87


def test_four_cases_show_nothing() -> None:
    assert smallest_drop(4, 0.1) == math.inf
    assert smallest_drop(0, 0) == math.inf


@given(st.integers(5, 2000), st.floats(0, 0.7))
def test_the_smallest_drop_solves_its_equation(cases: int, spread: float) -> None:
    drop = smallest_drop(cases, spread)
    assert 5 / cases <= drop <= 1
    needed = (1.6449 + 0.8416) * math.sqrt((spread**2 + drop) / cases)
    assert drop == pytest.approx(needed, rel=1e-3) or drop == 1 < needed


@given(st.integers(1, 500), st.floats(0, 0.7), st.floats(0, 0.1))
def test_more_luck_and_fewer_cases_hide_more(cases: int, spread: float, more: float) -> None:
    assert smallest_drop(cases, spread) <= smallest_drop(cases, spread + more) + 1e-12
    assert smallest_drop(cases + 1, spread) <= smallest_drop(cases, spread) + 1e-12


@given(st.floats(0.001, 1), st.floats(0, 0.7), st.sampled_from([0.01, 0.05, 0.2]))
def test_cases_needed_is_the_inverse(drop: float, spread: float, alpha: float) -> None:
    cases = cases_needed(drop, spread, alpha)
    assert smallest_drop(cases, spread, alpha) <= drop < smallest_drop(cases - 1, spread, alpha)


@pytest.mark.parametrize(("alpha", "power"), [(0, 0.8), (0.6, 0.8), (0.05, 0.4), (0.05, 1)])
def test_designs_that_are_none(alpha: float, power: float) -> None:
    with pytest.raises(ValueError, match="power"):
        smallest_drop(50, 0.1, alpha, power)
    with pytest.raises(ValueError, match="cannot be found"):
        cases_needed(0, 0.1)


@given(st.fractions(0, 1), st.integers(2, 6))
def test_the_variance_is_estimated_without_bias(p: Fraction, trials: int) -> None:
    expected = sum(
        math.comb(trials, x) * p**x * (1 - p) ** (trials - x) * trial_spread([(x, trials)]) ** 2
        for x in range(trials + 1)
    )
    assert expected == pytest.approx(float(2 * p * (1 - p) / trials))


def test_spread_by_hand() -> None:
    assert trial_spread([(3, 3), (0, 3)]) == 0
    assert trial_spread([(1, 2), (2, 2)]) == pytest.approx(math.sqrt((0.5 + 0) / 2))
    assert trial_spread([(1, 2), (2, 2), (1, 1)]) == pytest.approx(math.sqrt((0.5 + 0 + 0.5) / 3))


def test_one_trial_a_case_is_the_worst_there_is() -> None:
    assert trial_spread([(1, 1), (0, 1)]) == trial_spread([]) == pytest.approx(math.sqrt(0.5))
