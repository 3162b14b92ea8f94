"""Trials → CaseResult → summaries."""

from __future__ import annotations

import pytest
from exchanges import case
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.results import CaseResult, by_category, summarise
from persona_eval.statistics.rates import wilson
from persona_eval.suite.models import CATEGORIES


def result(
    passes: int, trials: int = 3, category: str = "dont_know", control: bool = False
) -> CaseResult:
    return CaseResult("a-case", category, control, trials, passes, 0.66)


def test_of_a_case() -> None:
    found = CaseResult.of(case(pass_rate=0.5, control=True), [True, False])
    assert found == CaseResult("a-case", "in_character", True, 2, 1, 0.5)
    assert found.fraction == 0.5
    assert found.passed


def test_a_case_without_trials_never_passes() -> None:
    with pytest.raises(ValueError, match="a-case has no judged trial"):
        CaseResult.of(case(), [])


@pytest.mark.parametrize(
    ("passes", "trials", "rate", "passed"),
    [
        (2, 3, 0.66, True),
        (2, 3, 2 / 3, True),
        (1, 3, 0.66, False),
        (3, 3, 1.0, True),
        (9, 10, 1.0, False),
        (7, 10, 0.7, True),
    ],
)
def test_the_pass_rate_is_reached_or_not(
    passes: int, trials: int, rate: float, passed: bool
) -> None:
    assert CaseResult("a", "clarify", False, trials, passes, rate).passed is passed


@given(st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_a_share_written_as_a_pass_rate_is_reached_by_itself(counts: tuple[int, int]) -> None:
    passes, trials = counts
    rate = sum([1 / trials] * passes)
    assert CaseResult("a", "clarify", False, trials, passes, min(rate, 1.0)).passed


@pytest.mark.parametrize(("passes", "label"), [(3, "stable"), (1, "flaky"), (0, "failing")])
def test_labels(passes: int, label: str) -> None:
    assert result(passes).label == label


def test_the_case_is_the_unit_and_not_the_trial() -> None:
    summary = summarise("dont_know", [result(0, trials=1), result(9, trials=9)])
    assert (summary.cases, summary.trials) == (2, 10)
    assert summary.rate == 0.5
    assert summary.interval == wilson(1, 2)
    assert summary.failed == 1


def test_controls_and_probes_apart() -> None:
    summary = summarise("dont_know", [result(3), result(0), result(3, control=True)])
    assert (summary.probes, summary.controls, summary.balanced) == (0.5, 1.0, 0.75)
    assert summarise("dont_know", [result(3)]).balanced is None


def test_sums_of_shares_that_overshoot_stay_an_interval() -> None:
    """0.1 ten times is a little more or less than 1, and a whole number is the most there is."""
    for trials in (3, 6, 7, 10):
        low, high = summarise("clarify", [result(trials, trials)] * 49).interval
        assert 0 <= low <= high <= 1


@given(st.lists(st.sampled_from(CATEGORIES), max_size=12))
def test_one_summary_for_each_category_in_the_order_of_the_language(names: list[str]) -> None:
    summaries = by_category(result(1, category=name) for name in names)
    assert [s.category for s in summaries] == [name for name in CATEGORIES if name in names]
    assert sum(s.cases for s in summaries) == len(names)
