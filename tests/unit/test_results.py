"""Trials → CaseResult → summaries."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.overlap.learnt import Overlap
from persona_eval.results import CaseResult, Design, by_category, summarise
from persona_eval.statistics.rates import wilson
from persona_eval.suite.models import CATEGORIES


def result(
    passes: int,
    trials: int = 3,
    category: str = "dont_know",
    control: bool = False,
    bar: float = 0.66,
) -> CaseResult:
    outcomes = tuple(number < passes for number in range(trials))
    design = Design(trials, trials, bar)
    return CaseResult("ned/a.suite.yaml", "a-case", category, control, outcomes, design)


def drawn(design: Design, outcomes: tuple[bool, ...]) -> CaseResult:
    """The case of which trials are drawn from these outcomes as long as there must be more."""
    count = 0
    while more := design.more(outcomes[:count]):
        count += more
    return CaseResult("s", "a", "clarify", False, outcomes[:count], design)


def test_a_case_without_trials_never_passes() -> None:
    with pytest.raises(ValueError, match="a-case has no judged trial"):
        result(0, trials=0)


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
    assert result(passes, trials, bar=rate).passed is passed


@given(st.integers(1, 50).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_a_share_written_as_a_pass_rate_is_reached_by_itself(counts: tuple[int, int]) -> None:
    passes, trials = counts
    rate = sum([1 / trials] * passes)
    assert result(passes, trials, bar=min(rate, 1.0)).passed


@pytest.mark.parametrize(
    ("passes", "trials", "bar", "label"),
    [
        (3, 3, 0.66, "stable"),
        (2, 3, 0.66, "flaky"),
        (1, 3, 0.66, "undecided"),
        (0, 3, 0.66, "failing"),
        (2, 3, 1.0, "flaky"),  # where all must pass, the first failure is final
        (3, 10, 0.66, "flaky"),  # 3 of 10 is unusual (2 %) for one that passes two in three
        (5, 10, 0.66, "undecided"),
        (0, 1, 0.66, "undecided"),
    ],
)
def test_labels(passes: int, trials: int, bar: float, label: str) -> None:
    assert result(passes, trials, bar=bar).label == label


@pytest.mark.parametrize(
    "design", [Design(2, 5, 0.66), Design(1, 5, 1.0), Design(2, 5, 0.66, True)]
)
def test_trials_that_stop_early_have_the_verdict_of_all(design: Design) -> None:
    whole = Design(5, 5, design.pass_rate)
    shares = []
    for outcomes in product((True, False), repeat=5):
        early, late = drawn(design, outcomes), drawn(whole, outcomes)
        assert early.passed is late.passed
        if design.undecided_apart:
            assert early.undecided is late.undecided
        assert early.saved == 5 - early.trials
        shares.append(early.trials / 5)
    assert sum(shares) / len(shares) < 0.95


def test_a_rate_is_not_biased_by_stopping_early() -> None:
    """A first failure ends a case whose every trial must pass; counted plainly, a case that
    passes half the time would seem to pass three times in ten."""
    design = Design(1, 5, 1.0)
    ends = [drawn(design, outcomes) for outcomes in product((True, False), repeat=5)]
    assert sum(end.rate for end in ends) / len(ends) == 0.5


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
    assert summary.to_json()["balanced"] == 0.75


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


COPY, OWN = Overlap(0.9, 9, "train.jsonl:1"), Overlap(0.2, 2, "train.jsonl:7")


@pytest.mark.parametrize("overlaps", [None, (COPY, OWN, Overlap(0.0, 0, None))])
def test_a_result_crosses_processes(overlaps: tuple[Overlap, ...] | None) -> None:
    one = replace(result(2, control=True), overlaps=overlaps)
    assert CaseResult.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_copies_are_counted_among_the_trials_that_passed() -> None:
    one = replace(result(2), overlaps=(COPY, OWN, COPY))
    assert one.copied == 0.5
    two = replace(result(3), overlaps=(COPY,) * 3)
    unknown, failing = result(3), replace(result(0), overlaps=(COPY,) * 3)
    assert summarise("dont_know", [one, two, unknown, failing]).copied == 4 / 5
    assert summarise("dont_know", [unknown]).copied is None
    assert summarise("dont_know", [failing]).copied is None


@given(st.lists(st.booleans(), min_size=1, max_size=5), st.data())
def test_copies_decide_nothing(outcomes: list[bool], data: st.DataObject) -> None:
    design = Design(len(outcomes), len(outcomes), 0.66)
    plain = CaseResult("s", "a", "clarify", False, tuple(outcomes), design)
    drawn = data.draw(st.lists(st.sampled_from([COPY, OWN]), min_size=len(outcomes),
                               max_size=len(outcomes)))  # fmt: skip
    copied = replace(plain, overlaps=tuple(drawn))
    assert (copied.passed, copied.label, copied.rate) == (plain.passed, plain.label, plain.rate)
    before, after = summarise("clarify", [plain]), summarise("clarify", [copied])
    assert replace(after, copied=None) == before
