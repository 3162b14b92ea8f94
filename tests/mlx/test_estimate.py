"""What a training would cost, without training."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import pytest
from support import TinyBase
from trainings import names, recipe

from persona_eval.errors import TrainingError
from persona_eval.models.adapters import probe
from persona_eval.reports.training import estimate_text
from persona_eval.training.estimate import estimate, positions
from persona_eval.training.loop import Loop


def test_an_estimate_trains_nothing(base: TinyBase, tully: Path) -> None:
    before = probe(base.model)
    found = estimate(recipe(epochs=4), base, tully)
    assert names(tully) == {"data"}
    assert mx.array_equal(probe(base.model), before)
    assert found.steps == 12
    assert found.seconds > 0
    assert found.memory > 0
    assert found.tokens_per_second > 0


def test_twice_the_epochs_take_about_twice_the_steps_and_the_longest_step_is_the_same(
    base: TinyBase, tully: Path
) -> None:
    one, two = (estimate(recipe(epochs=n, accumulate=2), base, tully) for n in (1, 2))
    assert two.steps == 2 * one.steps
    assert two.longest == one.longest


def test_the_longest_step_counts_all_its_batches(base: TinyBase, tully: Path) -> None:
    seen: list[int] = []
    update = Loop.update
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            Loop, "update", lambda self, b, rate: seen.append(positions(b)) or update(self, b, rate)
        )
        found = estimate(recipe(accumulate=2), base, tully)
    assert found.longest == max(seen)


def test_what_training_refuses_an_estimate_refuses(base: TinyBase, tully: Path) -> None:
    with pytest.raises(TrainingError, match=r"lora\.layers is 9"):
        estimate(recipe(lora={"layers": 9}), base, tully)


def test_the_text(base: TinyBase, tully: Path) -> None:
    told = estimate_text(estimate(recipe(), base, tully))
    assert "for 6 steps of up to" in told
    assert "GiB at its longest step" in told
