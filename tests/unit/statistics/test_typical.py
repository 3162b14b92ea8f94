"""The interval by subset means, against the sign-flip test that it belongs to."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_eval.statistics.paired import sign_flip
from persona_eval.statistics.typical import typical_interval


def test_all_alike_leaves_no_doubt() -> None:
    assert typical_interval([0.25] * 8) == (0.25, 0.25)


def test_five_figures_cannot_show_anything_at_95_percent() -> None:
    assert typical_interval([1.0, 2.0, 3.0, 4.0, 5.0]) == (-math.inf, math.inf)
    low, high = typical_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    assert (low, high) == (1.0, 6.0), "of 64 subsets one may be left out at either end"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.integers(-40, 40), min_size=6, max_size=10),
    st.integers(-41, 41),
)
def test_it_holds_what_the_exact_test_does_not_reject(values: list[int], tried: int) -> None:
    """Tried are centres that no mean of so few integers can hit."""
    low, high = typical_interval([float(each) for each in values])
    centre = Fraction(tried) + Fraction(1, 1009)
    found = sign_flip([value - centre for value in values])
    inside = low < centre < high
    assert inside == (min(found.better, found.worse) > 0.025)


@pytest.mark.parametrize("count", [0, 21])
def test_none_and_too_many_are_refused(count: int) -> None:
    with pytest.raises(ValueError, match="from 1 to 20"):
        typical_interval([0.5] * count)
