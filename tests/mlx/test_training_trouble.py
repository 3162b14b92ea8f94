"""A training that breaks off (divergence, interruption, no room on disk) spares the old adapter."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from support import TinyBase
from trainings import WRITTEN, names, recipe, saved

from persona_eval.errors import TrainingError
from persona_eval.models.adapters import inspect_adapter, lora_tensors, probe
from persona_eval.training import checkpoint
from persona_eval.training.adapter import is_stale, read_manifest
from persona_eval.training.loop import Loop
from persona_eval.training.run import UNFINISHED, Progress
from persona_eval.training.train import fingerprint, train


def diverging(monkeypatch: pytest.MonkeyPatch, at_step: int, loss: float = math.nan) -> None:
    update = Loop.update

    def broken(self: Loop, batches: Any, rate: float) -> tuple[float, float]:
        good = update(self, batches, rate)
        return (loss, math.inf) if self.step + 1 == at_step else good

    monkeypatch.setattr(Loop, "update", broken)


def test_a_loss_that_is_not_finite_stops_with_step_and_lines(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = probe(base.model)
    diverging(monkeypatch, at_step=5)
    with pytest.raises(TrainingError) as caught:
        train(recipe(), base, tully)
    message = str(caught.value)
    assert "the loss is not finite in step 5 (epoch 2), on train.jsonl:" in message
    kept = tully / UNFINISHED / "checkpoints" / "3"
    assert f"The weights of step 3 are kept in {kept}" in message
    assert names(kept) == WRITTEN
    assert not WRITTEN & names(tully)
    assert mx.array_equal(probe(base.model), plain)
    inspect_adapter(base, kept)
    wanted = fingerprint(recipe(), tully, base.fingerprint)
    assert is_stale(kept, wanted) == "it is a checkpoint, of step 3, and no finished adapter"


def test_a_gradient_that_is_not_finite_in_the_first_epoch(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diverging(monkeypatch, at_step=1, loss=2.0)
    with pytest.raises(
        TrainingError, match=r"the gradient is not finite in step 1 .* nothing is kept"
    ):
        train(recipe(), base, tully)


def test_real_divergence_is_caught_and_the_old_adapter_stays(base: TinyBase, tully: Path) -> None:
    old = train(recipe(), base, tully)
    weights_before = saved(tully)
    wild = recipe(clip=None, warmup=0).model_copy(update={"learning_rate": 1e30})
    with pytest.raises(TrainingError, match="not finite in step 2"):
        train(wild, base, tully)
    assert read_manifest(tully) == old
    assert all(np.array_equal(weights_before[n], t) for n, t in saved(tully).items())


def test_a_validation_loss_that_is_not_finite(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "persona_eval.training.loss.Objective.total", lambda self, batch: mx.array(math.nan)
    )
    with pytest.raises(TrainingError, match=r"validation loss is not finite .* valid\.jsonl:1"):
        train(recipe(), base, tully)


def test_an_interruption_leaves_the_old_adapter_and_the_best_epoch(
    base: TinyBase, tully: Path
) -> None:
    old = train(recipe(), base, tully)
    plain = probe(base.model)

    def interrupt(progress: Progress) -> None:
        if progress.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe(seed=3), base, tully, interrupt)
    assert read_manifest(tully) == old
    assert names(tully / UNFINISHED / "checkpoints" / "3") == WRITTEN
    assert mx.array_equal(probe(base.model), plain)
    assert not lora_tensors(base.model)
    train(recipe(seed=3), base, tully)
    assert UNFINISHED not in names(tully)


@pytest.mark.parametrize("fails", ["_write_weights", "_write_json"])
def test_an_interrupted_save_leaves_no_half_file(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    manifest = train(recipe(), base, tully)
    config = inspect_adapter(base, tully)
    before = {path.name: path.read_bytes() for path in tully.iterdir() if path.is_file()}

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, fails, full)
    with pytest.raises(TrainingError, match=r"cannot be saved in .*No space left"):
        checkpoint.save_adapter(tully, {"x": mx.zeros(1)}, config, manifest)
    assert {path.name: path.read_bytes() for path in tully.iterdir() if path.is_file()} == before
    assert not [name for name in names(tully) if name.startswith(".saving")]


def test_mlxs_own_write_error_is_a_training_error(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("[save] Unable to open file")

    monkeypatch.setattr(mx, "save_safetensors", refuse)
    with pytest.raises(TrainingError, match=r"cannot be saved in .*Unable to open"):
        train(recipe(), base, tully)


def test_weights_beyond_float16_are_never_saved(base: TinyBase, tully: Path) -> None:
    manifest = train(recipe(), base, tully)
    config = inspect_adapter(base, tully)
    before = saved(tully)
    with pytest.raises(TrainingError, match="weights beyond float16"):
        checkpoint.save_adapter(tully, {"x": mx.array([1e6])}, config, manifest)
    assert all(np.array_equal(before[name], value) for name, value in saved(tully).items())
