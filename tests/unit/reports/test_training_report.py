"""Training progress as plain lines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from persona_eval.reports.training import ProgressLines, line
from persona_eval.training.loop import Progress

START = Progress(0, 3, 0, 90, None, 2.5, 0.0, None)
LATER = Progress(1, 3, 12, 90, 1.23456, 2.5, 480.4, 150.0)


def test_before_the_first_step() -> None:
    assert line(START) == "epoch 0/3  step 0/90  validation 2.500"


def test_on_the_way() -> None:
    assert line(LATER) == (
        "epoch 1/3  step 12/90  loss 1.235  validation 2.500  480 tok/s  2 min left"
    )


def test_without_validation_data() -> None:
    assert "validation" not in line(replace(LATER, valid_loss=None))


def test_a_line_at_each_validation_and_every_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
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
    progress(replace(LATER, valid_loss=2.1))
    assert written[-1] == line(replace(LATER, valid_loss=2.1))
