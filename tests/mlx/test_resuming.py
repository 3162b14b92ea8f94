"""A training that was killed goes on and comes to the same weights."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import TinyBase
from trainings import names, recipe, saved

from persona_eval.errors import TrainingError
from persona_eval.training import run
from persona_eval.training.loop import Loop
from persona_eval.training.recipe import Recipe
from persona_eval.training.run import UNFINISHED, Progress
from persona_eval.training.state import STATE_FILE
from persona_eval.training.train import train


class Killed(BaseException):
    """What no handler catches."""


def killed_after(step: int) -> Any:
    def progress(progress: Progress) -> None:
        if progress.step >= step and progress.loss is not None:
            raise Killed

    return progress


def train_with_kills(base: TinyBase, folder: Path, wanted: Recipe, kills: list[int]) -> Any:
    for step in sorted(kills):
        with pytest.raises(Killed):
            train(wanted, base, folder, killed_after(step))
    return train(wanted, base, folder)


@pytest.fixture
def save_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SAVE_SECONDS", 0.0)


@pytest.mark.usefixtures("save_each_step")
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    kills=st.lists(st.integers(1, 6), max_size=3),
    dropout=st.sampled_from([0.0, 0.3]),
    accumulate=st.sampled_from([1, 2]),
)
def test_killed_anywhere_it_ends_in_the_same_weights(
    base: TinyBase, tully: Path, kills: list[int], dropout: float, accumulate: int
) -> None:
    wanted = recipe(lora={"rank": 4, "dropout": dropout}, accumulate=accumulate)
    last = 2 * (3 if accumulate == 1 else 2)
    undisturbed = train(wanted, base, tully)
    expected = saved(tully)
    for name in ("adapters.safetensors", "manifest.json"):
        (tully / name).unlink()
    manifest = train_with_kills(base, tully, wanted, [min(kill, last) for kill in kills])
    assert manifest.points == undisturbed.points
    assert manifest.trained_tokens == undisturbed.trained_tokens
    assert all(np.array_equal(expected[name], value) for name, value in saved(tully).items())


def test_without_a_save_in_between_it_goes_on_from_the_checkpoint(
    base: TinyBase, tully: Path
) -> None:
    told: list[int] = []
    with pytest.raises(Killed):
        train(recipe(), base, tully, killed_after(5))
    train(recipe(), base, tully, lambda progress: told.append(progress.step))
    assert told[0] == 3
    assert UNFINISHED not in names(tully)


@pytest.mark.usefixtures("save_each_step")
@pytest.mark.parametrize("change", ["recipe", "data", "damage"])
def test_what_cannot_go_on_begins_anew(base: TinyBase, tully: Path, change: str) -> None:
    with pytest.raises(Killed):
        train(recipe(), base, tully, killed_after(4))
    wanted = recipe(seed=7) if change == "recipe" else recipe()
    if change == "data":
        data = tully / "data" / "train.jsonl"
        data.write_text(data.read_text().replace("one", "won").rsplit("\n", 2)[0] + "\n")
    if change == "damage":
        path = tully / UNFINISHED / STATE_FILE
        path.write_bytes(path.read_bytes()[:100])
    told: list[int] = []
    train(wanted, base, tully, lambda progress: told.append(progress.step))
    assert told[0] == 0


def test_a_checkpoint_that_somebody_took_away(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses = iter([3.0, 1.0, 2.0, 2.0])
    monkeypatch.setattr(Loop, "validate", lambda self: next(losses))
    with pytest.raises(Killed):
        train(recipe(epochs=3), base, tully, killed_after(7))
    shutil.rmtree(tully / UNFINISHED / "checkpoints")
    with pytest.raises(TrainingError, match=r"3/adapters.safetensors is gone. Mend: remove .*"):
        train(recipe(epochs=3), base, tully)


def test_a_full_disk(base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def full(source: Any, target: Path) -> None:
        if target.name == STATE_FILE:
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(TrainingError, match=r"state .* cannot be saved in .*No space left"):
        train(recipe(), base, tully)
    assert names(tully / UNFINISHED) == {"checkpoints"}


def test_a_disk_that_is_full_before_the_first_checkpoint(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(TrainingError, match=r"No space left.* No checkpoint had been reached"):
        train(recipe(), base, tully)
