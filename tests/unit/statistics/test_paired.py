"""Comparisons against the libraries that define them."""

from __future__ import annotations

from dataclasses import astuple
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, permutation_test
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

from persona_eval.statistics import paired
from persona_eval.statistics.paired import (
    PairedTest,
    holm,
    paired_interval,
    sign_flip,
    sign_test,
)

DIFFERENCES = st.fractions(-1, 1, max_denominator=10)
KINDS = {"worse": "less", "better": "greater", "different": "two-sided"}


@given(won=st.integers(0, 30), lost=st.integers(0, 30))
def test_the_sign_test_is_that_of_scipy(won: int, lost: int) -> None:
    known = binomtest(won, won + lost, alternative="greater").pvalue if won + lost else 1.0
    assert sign_test(won, lost) == pytest.approx(known)


@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 50))
def test_of_zeros_and_ones_it_is_mcnemars_test(won: int, lost: int, same: int) -> None:
    found = sign_flip([1] * won + [0] * same + [-1] * lost)
    known = mcnemar([[same, won], [lost, 0]], exact=True).pvalue if won + lost else 1.0
    assert found.different == pytest.approx(min(1, known))
    assert found.better == pytest.approx(sign_test(won, lost))
    assert found.worse == pytest.approx(sign_test(lost, won))


@given(st.lists(DIFFERENCES, max_size=7))
def test_sign_flip_counts_all_signs(differences: list[Fraction]) -> None:
    assert astuple(sign_flip(differences)) == pytest.approx(every_sign(differences))


@pytest.mark.parametrize("seed", range(3))
def test_sign_flip_is_the_permutation_test_of_scipy(seed: int) -> None:
    tenths = np.random.default_rng(seed).integers(-10, 7, size=12)
    found = sign_flip([Fraction(int(each), 10) for each in tenths])
    for field, alternative in KINDS.items():
        known = permutation_test(
            (tenths,), np.sum, permutation_type="samples", alternative=alternative, n_resamples=5000
        )
        assert getattr(found, field) == pytest.approx(known.pvalue)


@given(st.lists(DIFFERENCES, max_size=20))
def test_turned_round_worse_is_better(differences: list[Fraction]) -> None:
    found, turned = sign_flip(differences), sign_flip([-each for each in differences])
    assert (found.worse, found.better) == (turned.better, turned.worse)
    assert found.different == turned.different <= 1


def test_equal_sums_are_equal() -> None:
    """In floats 0.1 + 0.2 is more than 0.3."""
    found = sign_flip([Fraction(1, 10), Fraction(2, 10), Fraction(-3, 10)])
    assert found == PairedTest(worse=5 / 8, better=5 / 8, different=1.0)


def test_without_a_difference_nothing_is_known() -> None:
    assert sign_flip([]) == sign_flip([0, Fraction(0)]) == PairedTest(1.0, 1.0, 1.0)


def test_many_cases_are_near_the_normal_distribution() -> None:
    """Of 2,000 cases, 1,050 won a tenth and 950 lost as much: z = 100 / sqrt(2000)."""
    found = sign_flip([Fraction(1, 10)] * 1050 + [Fraction(-1, 10)] * 950)
    assert found.better == pytest.approx(binomtest(1050, 2000, alternative="greater").pvalue)
    assert found.different == pytest.approx(0.0268, abs=5e-5)


@given(st.lists(DIFFERENCES, max_size=7))
def test_a_coarse_table_never_lowers_p(differences: list[Fraction]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(paired, "MOST_UNITS", 60)
        coarse = sign_flip(differences)
    for found, known in zip(astuple(coarse), every_sign(differences), strict=True):
        assert known - 1e-12 <= found <= 1


def test_a_huge_common_denominator_costs_little_precision() -> None:
    primes = [101, 103, 107, 109, 113, 127, 131, 137, 139, 149]
    differences = [Fraction(-20 - i, prime) for i, prime in enumerate(primes)] + [Fraction(1, 2)]
    assert astuple(sign_flip(differences)) == pytest.approx(every_sign(differences), rel=0.01)


@settings(max_examples=25)  # statsmodels takes 40 ms a call
@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.7, 0.6]) == [1, 1]
    assert holm([]) == []


BENTUR = [1] + [-1] * 7 + [0] * 13
"""Airway hyper-responsiveness in 21 children (Bentur et al. 2009; the example of Fagerland,
Lydersen and Laake, Statistics in Medicine 2014, 33:2850–2875): one won, seven lost."""


def test_the_published_interval_of_bonett_and_price() -> None:
    """(2 - 8) / 23 ± 1.96 sqrt((2/23 + 8/23 - (6/23)²) / 23) = -0.2609 ± 0.2475."""
    assert paired._wald(BENTUR, 1, 1, 1.96) == pytest.approx((-0.5084, -0.0134), abs=1e-4)


def test_another_pair_is_added_at_each_end() -> None:
    """(2 - 9) / 24 - 1.96 sqrt((11/24 - (7/24)²) / 24) = -0.2917 - 0.2445, and
    (3 - 8) / 24 + 1.96 sqrt((11/24 - (5/24)²) / 24) = -0.2083 + 0.2577."""
    assert paired_interval(BENTUR) == pytest.approx((-0.5361, 0.0494), abs=1e-4)


@pytest.mark.parametrize(("margin", "most"), [(0.05, 0.0264), (0.1, 0.0302)])
def test_a_margin_that_was_lost_is_seldom_passed(margin: float, most: float) -> None:
    """In the worst case, at the worst size from 5 to 200: each case is lost with the probability
    of the margin, none is won. With one pseudo-pair of each it would be nearly 7 %."""
    worst = max(passed(n, margin) for n in range(5, 201))
    assert worst == pytest.approx(most, abs=5e-5)


@given(st.lists(DIFFERENCES, max_size=40))
def test_the_interval_is_open_and_within_its_range(differences: list[Fraction]) -> None:
    values = [float(each) for each in differences]
    low, high = paired_interval(values)
    assert -1 <= low < high <= 1
    turned = paired_interval([-each for each in values])
    assert turned == pytest.approx((-high, -low))
    wider = paired_interval(values, 0.99)
    assert wider[0] <= low
    assert high <= wider[1]


def test_unchanged_cases_leave_room() -> None:
    assert paired_interval([]) == (-1, 1)
    low, high = paired_interval([0.0] * 10)
    assert low == pytest.approx(-1 / 13 - 1.96 * ((3 / 13 - 1 / 169) / 13) ** 0.5, abs=1e-4)
    assert high == -low


def every_sign(differences: list[Fraction]) -> tuple[float, float, float]:
    """The p-values, from a list of the sums with all signs."""
    seen = sum(differences)
    sums = [
        sum(sign * each for sign, each in zip(signs, differences, strict=True))
        for signs in product((1, -1), repeat=len(differences))
    ]
    counts = (
        sum(each <= seen for each in sums),
        sum(each >= seen for each in sums),
        sum(abs(each) >= abs(seen) for each in sums),
    )
    low, high, far = (count / len(sums) for count in counts)
    return low, high, far


def passed(n: int, margin: float) -> float:
    """How often the lower end lies above the margin that was lost."""
    lost = 0
    while paired_interval([-1.0] * lost + [0.0] * (n - lost))[0] > -margin:
        lost += 1
    return float(binom.cdf(lost - 1, n, margin))
