"""Training progress as plain lines, and what a training came to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.reports.training import BARS, CURVE_WIDTH, ProgressLines, line, sparkline
from persona_eval.training.adapter import Point
from persona_eval.training.run import Progress

BEFORE = Point(step=0, epoch=0, valid=2.5)
START = Progress(0, 3, 0, 90, None, BEFORE, 0.0, None)
LATER = Progress(1, 3, 12, 90, 1.23456, BEFORE, 480.4, 150.0)


def test_before_the_first_step() -> None:
    assert line(START) == "epoch 0/3  step 0/90  validation 2.500"


def test_on_the_way() -> None:
    assert line(LATER, [4.0, 3.0, 1.0]) == (
        "epoch 1/3  step 12/90  loss 1.235  █▆▁  validation 2.500  480 tok/s  2 min left"
    )


def test_a_checkpoint_that_a_suite_judged() -> None:
    judged = Point(step=30, epoch=1, valid=2.1, passed=0.625)
    assert "validation 2.100  suite 62%  " in line(replace(LATER, point=judged))


def test_without_validation_data() -> None:
    assert "validation" not in line(replace(LATER, point=Point(step=0, epoch=0)))


def test_a_line_at_each_checkpoint_and_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    written: list[str] = []
    progress = ProgressLines(written.append)
    progress(START)
    now += 3
    progress(LATER)
    assert len(written) == 1, "too soon"
    now += 8
    progress(LATER)
    assert len(written) == 2
    progress(replace(LATER, point=Point(step=30, epoch=1, valid=2.1)))
    assert "validation 2.100" in written[-1]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200))
def test_a_sparkline_spans_its_bars(values: list[float]) -> None:
    drawn = sparkline(values)
    assert 1 <= len(drawn) <= CURVE_WIDTH
    assert set(drawn) <= set(BARS)
    assert drawn.count(BARS[0]) >= 1
    if len(values) <= CURVE_WIDTH and len(set(drawn)) > 1:
        assert drawn[values.index(max(values))] == BARS[-1]
