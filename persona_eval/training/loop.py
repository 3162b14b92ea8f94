"""The steps of a training: gradient, clipping, AdamW, and the losses on the way."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from persona_eval.errors import TrainingError
from persona_eval.models.adapters import lora_tensors
from persona_eval.training.batches import Batch, steps_per_epoch, train_batches, valid_batches
from persona_eval.training.examples import Example
from persona_eval.training.loss import Objective
from persona_eval.training.recipe import Recipe


@dataclass(frozen=True)
class Progress:
    """Where a training stands. ``step`` 0 is the validation before the first step."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float | None
    """Mean loss of the latest step, in nats per reply token."""
    valid_loss: float | None
    """The latest validation."""
    tokens_per_second: float
    seconds_left: float | None
    """An estimate from the steps so far."""


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Epoch:
    """What an epoch came to. Epoch 0 is the model before training."""

    number: int
    train_loss: float | None
    valid_loss: float | None
    tensors: dict[str, Any]


class Loop:
    """Trains the LoRA layers that ``objective.model`` has, an epoch at a time."""

    def __init__(
        self,
        recipe: Recipe,
        objective: Objective,
        train: Sequence[Example],
        valid: Sequence[Example],
        on_progress: OnProgress,
    ):
        import mlx.nn as nn
        import mlx.optimizers as optim

        self.recipe, self.objective, self.train, self.valid = recipe, objective, train, valid
        self.on_progress = on_progress
        self.steps = recipe.epochs * steps_per_epoch(len(train), recipe.batch_size)
        # Bias correction is Adam's definition (arXiv:1412.6980) and not MLX's default.
        self.optimizer = optim.AdamW(
            recipe.learning_rate, weight_decay=recipe.weight_decay, bias_correction=True
        )
        self.gradient = nn.value_and_grad(objective.model, objective.mean)
        self.step, self.tokens, self.seconds, self.valid_seconds = 0, 0, 0.0, 0.0
        self.valid_loss: float | None = None

    @property
    def tokens_per_second(self) -> float:
        """Tokens read, padding not counted, per second of training steps."""
        return self.tokens / self.seconds if self.seconds else 0.0

    def epochs(self) -> Iterator[Epoch]:
        """Epoch 0, then each epoch as it ends. Raises TrainingError when a loss is not finite."""
        self._validate(0)
        self._report(0, None)
        yield Epoch(0, None, self.valid_loss, {})
        for number in range(1, self.recipe.epochs + 1):
            train_loss = self._epoch(number)
            self._validate(number)
            self._report(number, train_loss)
            yield Epoch(number, train_loss, self.valid_loss, lora_tensors(self.objective.model))

    def _epoch(self, number: int) -> float:
        self.objective.model.train()
        total, tokens = 0.0, 0
        recipe = self.recipe
        for batch in train_batches(self.train, recipe.batch_size, recipe.seed, number):
            loss = self._timed_step(number, batch)
            total, tokens = total + loss * len(batch.targets), tokens + len(batch.targets)
            self._report(number, loss)
        return total / tokens

    def _timed_step(self, epoch: int, batch: Batch) -> float:
        began = time.perf_counter()
        rate = learning_rate(self.recipe, self.step, self.steps)
        loss, norm = self._update(batch, rate)
        self.step += 1
        self.seconds += time.perf_counter() - began
        self.tokens += sum(len(example.tokens) for example in batch.examples)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            what = "loss" if not math.isfinite(loss) else "gradient"
            raise TrainingError(_diverged(what, epoch, self.step, batch))
        return loss

    def _update(self, batch: Batch, rate: float) -> tuple[float, float]:
        """One step; everything is evaluated once. Returns loss and norm of the gradient."""
        import mlx.core as mx
        import mlx.optimizers as optim

        model = self.objective.model
        loss, gradients = self.gradient(batch)
        gradients, norm = optim.clip_grad_norm(gradients, self.recipe.clip or math.inf)
        self.optimizer.learning_rate = rate
        self.optimizer.update(model, gradients)
        mx.eval(loss, norm, model.trainable_parameters(), self.optimizer.state)
        return float(loss.item()), float(norm.item())

    def _validate(self, epoch: int) -> None:
        if not self.valid:
            return
        self.objective.model.eval()
        began = time.perf_counter()
        total, tokens = 0.0, 0
        for batch in valid_batches(self.valid, self.recipe.batch_size):
            loss = float(self.objective.total(batch).item())
            if not math.isfinite(loss):
                raise TrainingError(_diverged("validation loss", epoch, self.step, batch))
            total, tokens = total + loss, tokens + len(batch.targets)
        self.valid_loss = total / tokens
        self.valid_seconds = time.perf_counter() - began

    def _report(self, epoch: int, loss: float | None) -> None:
        left = None
        if self.step:
            epochs_left = self.recipe.epochs - epoch
            left = self.seconds / self.step * (self.steps - self.step)
            left += self.valid_seconds * epochs_left
        self.on_progress(
            Progress(
                epoch=epoch,
                epochs=self.recipe.epochs,
                step=self.step,
                steps=self.steps,
                loss=loss,
                valid_loss=self.valid_loss,
                tokens_per_second=self.tokens_per_second,
                seconds_left=left,
            )
        )


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """Step size of the step (from 0): a linear rise over the warm-up, then constant, or falling
    along a half cosine (Loshchilov & Hutter 2017, arXiv:1608.03983)."""
    warmup = round(recipe.warmup * steps)
    if step < warmup:
        return recipe.learning_rate * (step + 1) / warmup
    if recipe.schedule == "constant":
        return recipe.learning_rate
    done = (step - warmup) / max(1, steps - warmup)
    return recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def _diverged(what: str, epoch: int, step: int, batch: Batch) -> str:
    places = ", ".join(dict.fromkeys(example.place for example in batch.examples))
    return (
        f"the {what} is not finite in step {step} (epoch {epoch}), on {places}. Mend: lower "
        "learning_rate, keep `clip` at 1.0 or below, and look at these lines"
    )
