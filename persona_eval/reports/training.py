"""Training progress as plain lines, and the curve of its losses."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from persona_eval.training.adapter import Manifest, Point
    from persona_eval.training.estimate import Estimate
    from persona_eval.training.run import Progress

EVERY_SECONDS = 10.0
BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 24


class ProgressLines:
    """Writes a line at each checkpoint, and every ten seconds between them."""

    def __init__(self, write: Callable[[str], object]):
        self._write = write
        self._last = 0.0
        self._point: Point | None = None
        self._losses: list[float] = []

    def __call__(self, progress: Progress) -> None:
        if progress.loss is not None:
            self._losses.append(progress.loss)
        marked = progress.point != self._point
        if marked or time.monotonic() - self._last >= EVERY_SECONDS:
            self._last, self._point = time.monotonic(), progress.point
            self._write(line(progress, self._losses))


def line(progress: Progress, losses: Sequence[float] = ()) -> str:
    """One line: where it stands, losses in nats per token with their course, and the time left."""
    parts = [f"epoch {progress.epoch}/{progress.epochs}", f"step {progress.step}/{progress.steps}"]
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.3f}")
    if len(losses) > 1:
        parts.append(sparkline(losses))
    point = progress.point
    if point and point.valid is not None:
        parts.append(f"validation {point.valid:.3f}")
    if point and point.passed is not None:
        parts.append(f"suite {point.passed:.0%}")
    if progress.step:
        parts.append(f"{progress.tokens_per_second:.0f} tok/s")
    if progress.seconds_left is not None:
        parts.append(f"{minutes(progress.seconds_left)} left")
    return "  ".join(parts)


def sparkline(values: Sequence[float], width: int = CURVE_WIDTH) -> str:
    """The course of some figures as a row of bars, each the mean of as many as it stands for."""
    size = -(-len(values) // width)
    groups = [values[start : start + size] for start in range(0, len(values), size)]
    means = [sum(group) / len(group) for group in groups]
    low, span = min(means), max(means) - min(means)
    return "".join(BARS[int((mean - low) / span * 7.999) if span else 0] for mean in means)


def curve(manifest: Manifest) -> str:
    """A table of the checkpoints, the one that was kept marked."""
    from tabulate import tabulate

    rows = [
        (
            point.step,
            f"{point.epoch:.2f}",
            _loss(point.train),
            _loss(point.valid),
            "" if point.passed is None else f"{point.passed:.0%}",
            "kept" if point.step == manifest.selected_step else "",
        )
        for point in manifest.points
    ]
    return tabulate(rows, headers=("step", "epoch", "loss", "validation", "suite", ""))


def estimate_text(estimate: Estimate) -> str:
    """What a training would cost, in two lines."""
    return (
        f"about {minutes(estimate.seconds)} for {estimate.steps} steps of up to "
        f"{estimate.longest} tokens ({estimate.tokens_per_second:.0f} tok/s), checkpoints included "
        f"but no suites\nabout {estimate.memory / 2**30:.1f} GiB at its longest step, model "
        "included; by three steps and one validation batch"
    )


def minutes(seconds: float) -> str:
    """A duration as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
