"""Scores of probes over the turns: what drops, what holds, and what cannot be told."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.drift import Drifted, DriftPlan, Probe, drifted, settled
from persona_eval.judging import Judgement

ASKED = "Your name?"


def plan(*turns: int, kind: Any = "fact", max_drop: float = 0.1) -> DriftPlan:
    return DriftPlan(max_drop, tuple(Probe(turn, kind, ASKED) for turn in turns))


def judged(scores: dict[int, float | None], kind: str = "fact") -> Judgement:
    """A trial with a score at each turn; of a fact, whether it was right."""
    rows = tuple(
        {
            "turn": turn,
            "expectation": "contains" if kind == "fact" else "in_voice",
            "source": "case" if kind == "fact" else "pack",
            "passed": None if score is None else score > 0.5,
            "value": score,
        }
        for turn, score in scores.items()
    )
    return Judgement(True, None, rows)


def curve(*scores: float | None, kind: str = "fact") -> Judgement:
    return judged(dict(enumerate(scores)), kind)


def test_facts_that_fade_in_every_trial_drop() -> None:
    trials = [curve(1, 1, 0, 0), curve(1, 0, 0, 0), curve(1, 1, 0, 0)]
    found = drifted(plan(0, 1, 2, 3), trials)
    (line,) = found.lines
    assert (line.turns, line.finding, found.passed) == ((1, 2, 3, 4), "drops", False)
    assert list(line.scores) == pytest.approx([1.0, 2 / 3, 0.0, 0.0])
    assert line.change == pytest.approx(3 * (line.slope or 0))


def test_voice_is_scored_by_its_value() -> None:
    trials = [curve(0.9, 0.85, 0.9, kind="style"), curve(0.8, 0.85, 0.8, kind="style")]
    (line,) = drifted(plan(0, 1, 2, kind="style"), trials).lines
    assert list(line.scores) == pytest.approx([0.85] * 3)
    assert line.change == pytest.approx(0.0)
    assert line.finding == "holds"


def test_trials_that_disagree_leave_it_open_and_the_case_passes() -> None:
    found = drifted(plan(0, 1), [curve(1, 0), curve(0, 1)])
    assert (found.lines[0].finding, found.passed) == ("open", True)


def test_one_trial_has_no_interval() -> None:
    (line,) = drifted(plan(0, 1), [curve(1, 0)]).lines
    assert (line.change, line.interval, line.finding) == (-1.0, None, "open")


def test_replies_without_a_score_are_left_out() -> None:
    (line,) = drifted(plan(0, 1, 2), [curve(1, None, 1), curve(1, None, None)]).lines
    assert line.scores == (1.0, None, 1.0)
    assert (line.change, line.interval) == (0.0, None)


def test_all_trials_pass_or_none_does() -> None:
    trials = [curve(1, 1, 0, 0), curve(1, 0, 0, 0), curve(1, 1, 0, 0)]
    assert [each.passed for each in settled(plan(0, 1, 2, 3), trials)] == [False] * 3
    assert [each.passed for each in settled(plan(0, 1), [curve(0, 1), curve(1, 0)])] == [True] * 2
    assert settled(None, trials) == trials


def test_it_goes_through_json() -> None:
    probes = DriftPlan(0.2, (Probe(0, "style", "Hi"), Probe(2, "fact", ASKED)))
    found = drifted(plan(0, 1), [curve(1, 0), curve(0, 1)])
    assert Drifted.from_json(found.to_json()) == found
    assert (
        DriftPlan.from_json({"max_drop": 0.2, "probes": [vars(p) for p in probes.probes]}) == probes
    )
    assert (Drifted.from_json(None), DriftPlan.from_json(None)) == (None, None)


SCORE = st.floats(0, 1)


@given(st.lists(st.lists(SCORE, min_size=4, max_size=4), min_size=2, max_size=6))
def test_the_change_lies_in_its_interval(rows: list[list[float]]) -> None:
    (line,) = drifted(plan(0, 3, 6, 9, kind="style"), [voices(row) for row in rows]).lines
    assert line.interval is not None
    assert line.change is not None
    low, high = line.interval
    assert low - 1e-9 <= line.change <= high + 1e-9


def voices(row: Sequence[float]) -> Judgement:
    return judged(dict(zip((0, 3, 6, 9), row, strict=True)), "style")


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_trials_does_not_matter(draw: random.Random) -> None:
    trials = [curve(1, 1, 0, 0), curve(1, 0, 1, 0), curve(1, 1, 1, 0)]
    shuffled = draw.sample(trials, 3)
    (one,), (other,) = (drifted(plan(0, 1, 2, 3), each).lines for each in (trials, shuffled))
    assert one.interval == pytest.approx(other.interval)


@pytest.mark.parametrize("trials", [3, 5])
def test_a_character_that_knows_no_better_at_first_is_seldom_said_to_drop(trials: int) -> None:
    """Facts right half the time at each of six turns, nothing allowed: 2.5 % is promised for the
    lower end, of normal figures."""
    draw = random.Random(1)
    alarms = 0
    for _ in range(1000):
        rows = [curve(*(float(draw.random() < 0.5) for _ in range(6))) for _ in range(trials)]
        alarms += not drifted(plan(*range(6), max_drop=1e-6), rows).passed
    assert alarms / 1000 < 0.045
