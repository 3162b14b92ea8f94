"""What goes wrong in one variant stays there, and is told with its reason."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from attempts import Built, Try
from trainings import WRITTEN, names

from persona_eval.training.loop import Loop


def diverging(monkeypatch: pytest.MonkeyPatch, rate: float) -> None:
    """Every training with this learning rate loses its figures in the second step."""
    update = Loop.update

    def broken(self: Loop, batches: Any, now: float) -> tuple[float, float]:
        good = update(self, batches, now)
        bad = self.recipe.learning_rate == rate and self.step == 1
        return (math.nan, math.nan) if bad else good

    monkeypatch.setattr(Loop, "update", broken)


def test_a_variant_that_diverges_leaves_the_others_alone(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    diverging(monkeypatch, 0.5)
    grid = ["--with", "learning_rate=0.5,0.01"]
    assert attempt(*grid) == 0
    told = capsys.readouterr().out
    assert "learning_rate=0.5: diverged: the loss is not finite in step 2" in told
    rows = [line.split() for line in told.splitlines()[2:4]]
    assert (rows[0][0], rows[1]) == ("0.01", ["0.5", "gemma", "diverged"])
    assert not WRITTEN & names(tully / "tries" / "learning_rate-0.5")
    Built.loads.clear()
    assert attempt(*grid) == 0
    assert "none to train" in capsys.readouterr().err, "it would diverge again"
    assert Built.loads == []


def test_a_disk_that_refuses_stops_the_sweep(
    attempt: Try, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("persona_eval.training.checkpoint._write_weights", full)
    assert attempt("--with", "lora.rank=2,4") == 2
    told = capsys.readouterr()
    assert "No space left" in told.err
    assert told.out == ""


def test_what_cannot_be_trained_is_refused_with_its_reason(
    attempt: Try, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt("--with", "base=endless,gemma", "--with", "lora.layers=9,2") == 0
    told = capsys.readouterr()
    assert "1 of 4 variants to train, 3 refused" in told.err
    assert "base=endless lora.layers=2: refused: the base model cannot learn to stop" in told.out
    assert "base=gemma lora.layers=9: refused: lora.layers is 9, but gemma has 2" in told.out
    assert told.out.splitlines()[2].split()[:2] == ["2", "gemma"]


def test_where_nothing_can_be_trained(attempt: Try, capsys: pytest.CaptureFixture[str]) -> None:
    assert attempt("--with", "base=endless") == 1
    told = capsys.readouterr()
    assert "1 variant, none to train, 1 refused" in told.err
    assert "refused: the base model cannot learn to stop" in told.out


def test_examples_that_are_too_long_for_one_variant(
    attempt: Try, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt("--with", "max_length=16,512") == 0
    assert "max_length=16: refused: " in capsys.readouterr().out


def test_more_than_six_hours_need_a_yes(
    attempt: Try, tully: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persona_eval.cli.try_.MOST_SECONDS", 0.0)
    assert attempt("--with", "lora.rank=2") == 2
    assert "take fewer --examples or --epochs, fewer variants, or add --yes" in (
        capsys.readouterr().err
    )
    assert not WRITTEN & names(tully / "tries" / "lora.rank-2")
    assert attempt("--with", "lora.rank=2", "--yes") == 0
