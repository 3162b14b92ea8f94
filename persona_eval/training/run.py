"""One training from its first step, or from where it was stopped, to its adapter."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from persona_eval.errors import TrainingError
from persona_eval.models.adapter_files import WEIGHTS_FILE, AdapterConfig
from persona_eval.models.adapters import lora_tensors
from persona_eval.training.adapter import CHECKPOINTS, Manifest, Point
from persona_eval.training.checkpoint import save_adapter
from persona_eval.training.fingerprint import Fingerprint
from persona_eval.training.loop import Loop
from persona_eval.training.recipe import Recipe
from persona_eval.training.state import Record, load_state, save_state

UNFINISHED = "unfinished"
"""Folder, inside the adapter's, of a training under way: its checkpoints, and all that it needs
to go on. Gone when it ends well."""
SAVE_SECONDS = 60.0
LIBRARIES = ("mlx", "mlx-lm", "transformers")

Measure = Callable[[Path], float]
"""The share of replies that pass with the adapter in this folder."""


@dataclass(frozen=True)
class Progress:
    """Where a training stands. ``step`` 0 is before the first step."""

    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float | None
    """Mean loss of the latest step, in nats per reply token."""
    point: Point | None
    """The latest checkpoint."""
    tokens_per_second: float
    seconds_left: float | None
    """An estimate from the steps so far."""


OnProgress = Callable[[Progress], None]


class Run:
    """Which checkpoints there are, which of them becomes the adapter, and what is written down."""

    def __init__(
        self,
        recipe: Recipe,
        folder: Path,
        config: AdapterConfig,
        made_from: Fingerprint,
        loop: Loop,
        on_progress: OnProgress,
        measure: Measure | None = None,
    ):
        """``measure`` is asked about each checkpoint of `select: suite`."""
        self.recipe, self.folder, self.config = recipe, folder, config
        self.made_from, self.loop, self.measure = made_from, loop, measure
        self.on_progress = on_progress
        self.unfinished = folder / UNFINISHED
        self.record = Record(made_from.whole)
        self._began = self._saved = time.perf_counter()

    def finish(self) -> Manifest:
        """Train to the end and write the adapter. Raises TrainingError."""
        try:
            self._begin()
            for step in self.loop.steps() if not self._enough() else ():
                self.record.loss += step.loss * step.learned
                self.record.tokens += step.learned
                self.record.learned += step.learned
                self._report(step.loss)
                if self._due():
                    self._checkpoint()
                    if self._enough():
                        break
                elif time.perf_counter() - self._saved > SAVE_SECONDS:
                    self._save()
        except TrainingError as error:
            raise TrainingError(f"{error}. {self._kept()}") from error
        return self._publish()

    def _begin(self) -> None:
        """Go on from a state on disk; without one, look at the model before training."""
        record = load_state(self.unfinished, self.loop, self.made_from.whole)
        if record:
            self.record = record
        else:
            shutil.rmtree(self.unfinished, ignore_errors=True)
            self.record.points.append(Point(step=0, epoch=0, valid=self.loop.validate()))
        self._report(None)

    def _due(self) -> bool:
        step, every = self.loop.step, self.recipe.checkpoints.every or self.loop.per_epoch
        return step % every == 0 or step == self.loop.total

    def _checkpoint(self) -> None:
        """Measure where the training stands, keep it on disk, and drop what is not to be kept."""
        loop, record = self.loop, self.record
        train, record.loss, record.tokens = record.loss / record.tokens, 0.0, 0
        valid = loop.validate()
        point = Point(step=loop.step, epoch=round(loop.epoch, 3), train=train, valid=valid)
        tensors = lora_tensors(loop.objective.model)
        record.points.append(point)
        folder = self._keep(tensors)
        if self.recipe.select == "suite" and self.measure:
            record.points[-1] = point.model_copy(update={"passed": self.measure(folder)})
            self._keep(tensors)
        self._thin_out()
        self._save()
        self._report(train)

    def _keep(self, tensors: dict[str, Any]) -> Path:
        """Write the latest checkpoint as an adapter of its own."""
        step = self.record.points[-1].step
        folder = self._checkpoints / str(step)
        save_adapter(folder, tensors, self.config, self._manifest(step))
        return folder

    def _save(self) -> None:
        now = time.perf_counter()
        self.record.seconds += now - self._began
        self._began = self._saved = now
        save_state(self.unfinished, self.loop, self.record)

    def _thin_out(self) -> None:
        keep = self.recipe.checkpoints.keep
        if keep is None:
            return
        newest = [point.step for point in reversed(self.record.points) if point.step]
        kept = list(dict.fromkeys([self._best.step, *newest]))[:keep]
        for folder in self._checkpoints.iterdir():
            if folder.name.isdigit() and int(folder.name) not in kept:
                shutil.rmtree(folder)

    def _enough(self) -> bool:
        """Whether `patience` has run out."""
        after = [point.step for point in self.record.points if point.step > self._best.step]
        patience = self.recipe.patience
        return patience is not None and self._best.step > 0 and len(after) >= patience

    @property
    def _best(self) -> Point:
        """The checkpoint to keep; the earliest among equals, and before the first one that of
        no training."""
        points = self.record.points[1:] or self.record.points
        return max(points, key=self._merit)

    def _merit(self, point: Point) -> tuple[float, ...]:
        if self.recipe.select == "last":
            return (point.step,)
        by_loss = -point.valid if point.valid is not None else 0.0
        return (by_loss,) if self.recipe.select == "best" else (point.passed or 0.0, by_loss)

    @property
    def _checkpoints(self) -> Path:
        return self.unfinished / CHECKPOINTS

    def _publish(self) -> Manifest:
        """Make the best checkpoint the adapter, and put the others beside it."""
        import mlx.core as mx

        best = self._best.step
        kept = self._checkpoints / str(best) / WEIGHTS_FILE
        if not kept.is_file():
            raise TrainingError(
                f"{kept} is gone. Mend: remove {self.unfinished}, and train from the beginning"
            )
        tensors: Any = mx.load(str(kept))
        manifest = self._manifest(best, finished=True)
        saved = save_adapter(self.folder, tensors, self.config, manifest)
        try:
            shutil.rmtree(self.folder / CHECKPOINTS, ignore_errors=True)
            self._checkpoints.rename(self.folder / CHECKPOINTS)
            shutil.rmtree(self.unfinished)
        except OSError as error:
            raise TrainingError(
                f"the adapter is finished, but its checkpoints cannot be moved to "
                f"{self.folder / CHECKPOINTS}: {error}"
            ) from error
        return saved

    def _kept(self) -> str:
        for point in sorted(self.record.points, key=self._merit, reverse=True):
            folder = self._checkpoints / str(point.step)
            if (folder / WEIGHTS_FILE).is_file():
                return f"The weights of step {point.step} are kept in {folder}"
        return "No checkpoint had been reached: nothing is kept"

    def _report(self, loss: float | None) -> None:
        loop = self.loop
        left, every = loop.seconds_left, self.recipe.checkpoints.every or loop.per_epoch
        if left is not None:
            left += loop.valid_seconds * -(-(loop.total - loop.step) // every)
        self.on_progress(
            Progress(
                epoch=min(self.recipe.epochs, -(-loop.step // loop.per_epoch)),
                epochs=self.recipe.epochs,
                step=loop.step,
                steps=loop.total,
                loss=loss,
                point=self.record.points[-1] if self.record.points else None,
                tokens_per_second=loop.tokens_per_second,
                seconds_left=left,
            )
        )

    def _manifest(self, selected: int, finished: bool = False) -> Manifest:
        record, made_from = self.record, self.made_from
        return Manifest(
            recipe_fingerprint=made_from.recipe,
            data_fingerprint=made_from.data,
            base_fingerprint=made_from.base,
            fingerprint=made_from.whole,
            base_name=self.config.base_name or "",
            weights_sha256="",
            finished=finished,
            selected_step=selected,
            points=tuple(record.points),
            stopped_early=finished and self.loop.step < self.loop.total,
            seed=self.recipe.seed,
            train_examples=len(self.loop.train),
            valid_examples=len(self.loop.valid),
            trained_tokens=record.learned,
            seconds=round(record.seconds + time.perf_counter() - self._began, 1),
            tokens_per_second=round(self.loop.tokens_per_second, 1),
            versions=dict(_versions()),
        )


def _versions() -> Iterator[tuple[str, str]]:
    for library in LIBRARIES:
        try:
            yield library, version(library)
        except PackageNotFoundError:
            continue
