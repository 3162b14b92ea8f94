"""Student's interval, against scipy."""

from __future__ import annotations

from statistics import fmean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from persona_eval.statistics.student import quantile, student_interval


@pytest.mark.parametrize("degrees", [*range(1, 12), 30, 72, 73, 500])
@pytest.mark.parametrize("confidence", [0.5, 0.95, 0.999])
def test_the_quantile_is_scipys(degrees: int, confidence: float) -> None:
    expected = stats.t.ppf(0.5 + confidence / 2, degrees)
    assert quantile(confidence, degrees) == pytest.approx(expected, rel=1e-9)


def test_the_interval_is_scipys() -> None:
    values = [0.3, -0.1, 0.8, 0.25, 0.4]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert student_interval(values) == pytest.approx((expected.low, expected.high))


def test_one_figure_has_none() -> None:
    assert student_interval([0.5]) is None
    assert student_interval([]) is None
    with pytest.raises(ValueError, match="0 degrees of freedom"):
        quantile(0.95, 0)


@settings(deadline=None)
@given(st.lists(st.floats(-10, 10), min_size=2, max_size=40))
def test_it_is_symmetric_about_the_mean(values: list[float]) -> None:
    interval = student_interval(values)
    assert interval is not None
    assert fmean(interval) == pytest.approx(fmean(values), abs=1e-9)
