"""What a training would cost, from a few steps of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from persona_eval.models.adapters import Base
from persona_eval.training.batches import Batch, valid_batches
from persona_eval.training.loop import Loop
from persona_eval.training.loss import objective
from persona_eval.training.recipe import Recipe
from persona_eval.training.train import lora_config, prepare, wearing_new


@dataclass(frozen=True)
class Estimate:
    """Of a whole training."""

    steps: int
    seconds: float
    memory: int
    """Bytes at the longest step, the model's weights included."""
    longest: int
    """Positions of the longest step, padding included."""
    tokens_per_second: float


def estimate(recipe: Recipe, base: Base, folder: Path) -> Estimate:
    """Take three steps of different lengths and a validation batch, and keep nothing of them.

    A step's time is a line in the positions that it computes, padding included. Raises what
    training raises before its first step.
    """
    _, train, valid = prepare(recipe, base, folder)
    split_model = objective(base.model, next(valid_batches(train, 1)))
    with wearing_new(base.model, lora_config(recipe, base), recipe.seed):
        loop = Loop(recipe, split_model, train, valid)
        batches = sorted(loop.groups(1), key=positions)
        probes = [batches[0], batches[len(batches) // 2], batches[-1]]
        loop.update(probes[0], 0.0)  # the first step also allocates
        memory, times = _timed(loop, probes)
        a_step = _line([positions(probe) for probe in probes], times)
        stepping = recipe.epochs * sum(a_step(positions(batch)) for batch in batches)
        checking = _validation_seconds(loop) * _checkpoints(recipe, loop)
    read = recipe.epochs * sum(len(example.tokens) for example in train)
    return Estimate(loop.total, stepping + checking, memory, positions(probes[-1]), read / stepping)


def positions(batches: Sequence[Batch]) -> int:
    """How many positions a step computes, padding included."""
    return sum(batch.positions for batch in batches)


def _timed(loop: Loop, probes: Sequence[Sequence[Batch]]) -> tuple[int, list[float]]:
    """Peak memory in bytes, and the seconds of each step."""
    import mlx.core as mx

    mx.reset_peak_memory()
    times = []
    for batches in probes:
        began = perf_counter()
        loop.update(batches, 0.0)
        times.append(perf_counter() - began)
    return int(mx.get_peak_memory()), times


def _line(x: Sequence[int], y: Sequence[float]) -> Any:
    """Least squares that never falls below the quickest step."""
    import numpy as np

    if len(set(x)) == 1:
        return lambda _: sum(y) / len(y)
    slope, rest = np.polyfit(x, y, 1)
    return lambda value: max(min(y), float(slope * value + rest))


def _validation_seconds(loop: Loop) -> float:
    if not loop.valid:
        return 0.0
    batches = list(valid_batches(loop.valid, loop.recipe.batch_size))
    middle = batches[len(batches) // 2]
    loop.objective.model.eval()
    began = perf_counter()
    loop.objective.total(middle).item()
    each = (perf_counter() - began) / positions([middle])
    return each * positions(batches)


def _checkpoints(recipe: Recipe, loop: Loop) -> int:
    """How often the validation data is looked at, before training included."""
    return 1 + -(-loop.total // (recipe.checkpoints.every or loop.per_epoch))
