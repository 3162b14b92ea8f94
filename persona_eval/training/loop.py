"""The steps of a training: gradient, clipping, AdamW, and the losses on the way."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from persona_eval.errors import TrainingError
from persona_eval.fingerprint import digest_text
from persona_eval.models.cpu import quicken_lora
from persona_eval.training.batches import (
    Batch,
    even_parts,
    steps_per_epoch,
    train_batches,
    valid_batches,
    within,
)
from persona_eval.training.examples import Example
from persona_eval.training.loss import Objective
from persona_eval.training.recipe import Recipe

MOST_POSITIONS = 512
"""Computed together on the way to a gradient; a longer batch takes its gradient in parts. On a CPU
Gemma 3 270M with rank 16 on all linear layers keeps 9 MB for each: 5.8 GB at most, the model
included, where eight stories of 240 tokens took 20 GB."""


@dataclass(frozen=True)
class Step:
    """What one step came to."""

    loss: float
    """Mean over its reply tokens, in nats."""
    learned: int
    """How many reply tokens that were."""


class Loop:
    """Trains the adapter's layers that ``objective.model`` has. A loop that starts at a later
    ``step``, with the weights and the optimizer of then, goes on exactly as it would have."""

    def __init__(
        self,
        recipe: Recipe,
        objective: Objective,
        train: Sequence[Example],
        valid: Sequence[Example],
    ):
        import mlx.core as mx
        import mlx.nn as nn
        import mlx.optimizers as optim

        if mx.default_device() == mx.cpu:
            quicken_lora(objective.model)
        self.recipe, self.objective, self.train, self.valid = recipe, objective, train, valid
        batches = steps_per_epoch(len(train), recipe.batch_size)
        self.per_epoch = -(-batches // recipe.accumulate)
        self.total = recipe.epochs * self.per_epoch
        # Bias correction is Adam's definition (arXiv:1412.6980) and not MLX's default.
        self.optimizer = optim.AdamW(
            recipe.learning_rate, weight_decay=recipe.weight_decay, bias_correction=True
        )
        self.optimizer.init(objective.model.trainable_parameters())
        self.gradient = nn.value_and_grad(objective.model, objective.mean)
        self.step, self.read, self.seconds, self.valid_seconds = 0, 0, 0.0, 0.0

    @property
    def tokens_per_second(self) -> float:
        """Tokens read, padding not counted, per second of training steps."""
        return self.read / self.seconds if self.seconds else 0.0

    @property
    def epoch(self) -> float:
        """How often each example was seen."""
        return self.step / self.per_epoch

    @property
    def seconds_left(self) -> float | None:
        """Of the steps to come, by those that were."""
        return self.seconds / self.step * (self.total - self.step) if self.step else None

    def steps(self) -> Iterator[Step]:
        """Take one step after the other. Raises TrainingError when a loss is not finite."""
        while self.step < self.total:
            epoch, done = divmod(self.step, self.per_epoch)
            for batches in islice(self.groups(epoch + 1), done, None):
                yield self._timed_step(batches)

    def validate(self) -> float | None:
        """Mean loss over the validation data, in nats per reply token; None without any."""
        if not self.valid:
            return None
        self.objective.model.eval()
        began = time.perf_counter()
        total, tokens = 0.0, 0
        for batch in valid_batches(self.valid, self.recipe.batch_size):
            loss = float(self.objective.total(batch).item())
            if not math.isfinite(loss):
                raise TrainingError(_diverged("validation loss", self.step, self.epoch, [batch]))
            total, tokens = total + loss, tokens + len(batch.targets)
        self.valid_seconds = time.perf_counter() - began
        return total / tokens

    def groups(self, epoch: int) -> Iterator[Sequence[Batch]]:
        """What is computed one after the other for each step of an epoch, as even as can be."""
        batches = list(train_batches(self.train, self.recipe.batch_size, self.recipe.seed, epoch))
        for group in even_parts(batches, self.recipe.accumulate):
            yield [part for batch in group for part in within(batch, MOST_POSITIONS)]

    def _timed_step(self, batches: Sequence[Batch]) -> Step:
        began = time.perf_counter()
        self.objective.model.train()
        rate = learning_rate(self.recipe, self.step, self.total)
        loss, norm = self.update(batches, rate)
        self.step += 1
        self.seconds += time.perf_counter() - began
        self.read += sum(len(e.tokens) for batch in batches for e in batch.examples)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            what = "loss" if not math.isfinite(loss) else "gradient"
            raise TrainingError(_diverged(what, self.step, self.epoch, batches))
        return Step(loss, _learned(batches))

    def update(self, batches: Sequence[Batch], rate: float) -> tuple[float, float]:
        """One step. Returns loss and norm of the gradient."""
        import mlx.core as mx
        import mlx.optimizers as optim

        # Dropout draws the same in a training that goes on as in one that was never stopped.
        mx.random.seed(int(digest_text(str(self.recipe.seed), str(self.step))[:15], 16))
        model = self.objective.model
        loss, gradients = self._gradients(batches)
        gradients, norm = optim.clip_grad_norm(gradients, self.recipe.clip or math.inf)
        self.optimizer.learning_rate = rate
        self.optimizer.update(model, gradients)
        mx.eval(loss, norm, model.trainable_parameters(), self.optimizer.state)
        return float(loss.item()), float(norm.item())

    def _gradients(self, batches: Sequence[Batch]) -> tuple[Any, Any]:
        """Loss and gradients of the mean over the reply tokens of all batches, which lie in
        memory one at a time."""
        import mlx.core as mx
        from mlx.utils import tree_map

        if len(batches) == 1:
            return self.gradient(batches[0])  # type: ignore[no-any-return]
        total, summed, learned = mx.array(0.0), None, _learned(batches)
        for batch in batches:
            share = len(batch.targets) / learned
            loss, gradients = self.gradient(batch)
            gradients = tree_map(lambda g, share=share: g * share, gradients)
            summed = tree_map(mx.add, summed, gradients) if summed else gradients
            total = total + loss * share
            mx.eval(total, summed)
        return total, summed


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Step size of the step (from 0): a linear rise over the warm-up, then constant, or falling
    along a line or a half cosine (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
    warmup = round(recipe.warmup * steps)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, steps - warmup)
    left = {"constant": 1.0, "linear": 1 - done, "cosine": 0.5 * (1 + math.cos(math.pi * done))}
    return recipe.learning_rate * left[recipe.schedule]


def _learned(batches: Sequence[Batch]) -> int:
    return sum(len(batch.targets) for batch in batches)


def _diverged(what: str, step: int, epoch: float, batches: Sequence[Batch]) -> str:
    places = ", ".join(dict.fromkeys(e.place for batch in batches for e in batch.examples))
    return (
        f"the {what} is not finite in step {step} (epoch {math.ceil(epoch)}), on {places}. Mend: "
        "lower learning_rate, keep `clip` at 1.0 or below, and look at these lines"
    )
