"""Checkpoints of a training: which become the adapter, which are kept, when it stops early."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import TinyBase
from trainings import WRITTEN, names, recipe, saved

from persona_eval.errors import TrainingError
from persona_eval.models.adapters import inspect_adapter, lora_tensors, probe, wear
from persona_eval.training.adapter import Manifest
from persona_eval.training.loop import Loop
from persona_eval.training.train import train


def losing(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    """Let the validations say these losses, one after another."""
    said = iter(losses)
    monkeypatch.setattr(Loop, "validate", lambda self: next(said))


def steps(manifest: Manifest) -> list[int]:
    return [point.step for point in manifest.points]


def test_the_checkpoint_of_lowest_validation_loss_is_kept(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losing(monkeypatch, [3.0, 2.0, 2.5, 2.4])
    manifest = train(recipe(epochs=3), base, tully)
    assert (manifest.selected_step, manifest.selected.epoch) == (3, 1.0)
    best = saved(tully)
    losing(monkeypatch, [3.0, 2.0, 2.5, 2.4])
    assert train(recipe(epochs=3, select="last"), base, tully).selected_step == 9
    assert not all(np.array_equal(best[name], value) for name, value in saved(tully).items())


def test_without_validation_the_last_one_is_kept(base: TinyBase, tully: Path) -> None:
    manifest = train(recipe(data={"train": "data/train.jsonl"}, select="last"), base, tully)
    assert manifest.selected_step == 6
    assert [point.valid for point in manifest.points] == [None, None, None]


def test_each_checkpoint_is_an_adapter(base: TinyBase, tully: Path) -> None:
    manifest = train(recipe(checkpoints={"every": 2}, select="last"), base, tully)
    assert steps(manifest) == [0, 2, 4, 6]
    assert names(tully / "checkpoints") == {"2", "4", "6"}
    for step in (2, 4, 6):
        assert names(tully / "checkpoints" / str(step)) == WRITTEN
        inspect_adapter(base, tully / "checkpoints" / str(step))
    last = saved(tully / "checkpoints" / "6")
    assert all(np.array_equal(last[name], value) for name, value in saved(tully).items())


def test_the_best_and_the_newest_are_kept(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losing(monkeypatch, [3.0, 2.0, 2.5, 2.4])
    train(recipe(epochs=3, checkpoints={"keep": 2}), base, tully)
    assert names(tully / "checkpoints") == {"3", "9"}


def test_another_training_takes_the_place_of_the_old_checkpoints(
    base: TinyBase, tully: Path
) -> None:
    train(recipe(epochs=3), base, tully)
    train(recipe(epochs=1), base, tully)
    assert names(tully / "checkpoints") == {"3"}


def test_patience(base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    losing(monkeypatch, [3.0, 2.0, 2.5, 2.4, 1.0])
    manifest = train(recipe(epochs=5, patience=2), base, tully)
    assert steps(manifest) == [0, 3, 6, 9]
    assert (manifest.selected_step, manifest.stopped_early, manifest.finished) == (3, True, True)


def test_a_suite_chooses(base: TinyBase, tully: Path) -> None:
    """Whoever measures finds the base plain, and puts the checkpoint on as it lies on disk."""
    rates, seen = iter([0.25, 0.75, 0.5, 0.75]), []

    def measure(folder: Path) -> float:
        assert not lora_tensors(base.model)
        originals = wear(base, folder)
        seen.append((folder.name, np.array(probe(base.model))))
        from persona_eval.models.adapters import take_off

        take_off(base.model, originals)
        return next(rates)

    choice: Any = {"select": "suite", "suite": {"path": "suites"}}
    manifest = train(recipe(epochs=4, **choice), base, tully, measure=measure)
    assert [name for name, _ in seen] == ["3", "6", "9", "12"]
    assert [point.passed for point in manifest.points] == [None, 0.25, 0.75, 0.5, 0.75]
    by_loss = min(manifest.points[2], manifest.points[4], key=lambda point: point.valid or 0)
    assert manifest.selected_step == by_loss.step
    assert not np.array_equal(seen[0][1], seen[-1][1])
    plain = train(recipe(epochs=4), base, tully)
    assert [p.train for p in plain.points] == [p.train for p in manifest.points], "went on alike"


def test_a_suite_needs_somebody_who_runs_it(base: TinyBase, tully: Path) -> None:
    with pytest.raises(TrainingError, match="give `measure`"):
        train(recipe(select="suite", suite={"path": "suites"}), base, tully)


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_gradients_of_several_batches_make_one_step(
    base: TinyBase, tully: Path, schedule: str
) -> None:
    """Four batches of 2 and 3 examples in one step learn what one batch of nine learns."""
    common: Any = {"schedule": schedule, "lora": {"rank": 4}, "select": "last"}
    whole = train(recipe(batch_size=9, **common), base, tully)
    one = saved(tully)
    parts = train(recipe(batch_size=3, accumulate=3, **common), base, tully)
    assert steps(parts) == steps(whole) == [0, 1, 2]
    for point, other in zip(parts.points, whole.points, strict=True):
        assert point.valid == pytest.approx(other.valid, abs=2e-3)
    for name, value in saved(tully).items():
        assert value == pytest.approx(one[name], abs=2e-3)


def test_dora(base: TinyBase, tully: Path) -> None:
    train(recipe(lora={"rank": 2, "type": "dora", "keys": ["self_attn.v_proj"]}), base, tully)
    assert {name.rsplit(".", 1)[-1] for name in saved(tully)} == {"lora_a", "lora_b", "m"}
    assert inspect_adapter(base, tully).fine_tune_type == "dora"
