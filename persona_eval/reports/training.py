"""Training progress as plain lines."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from persona_eval.training.loop import Progress

EVERY_SECONDS = 10.0


class ProgressLines:
    """Writes a line at each validation, and every ten seconds between them."""

    def __init__(self, write: Callable[[str], object]):
        self._write = write
        self._last = 0.0
        self._valid: float | None = None

    def __call__(self, progress: Progress) -> None:
        validated = progress.valid_loss != self._valid
        if validated or time.monotonic() - self._last >= EVERY_SECONDS:
            self._last, self._valid = time.monotonic(), progress.valid_loss
            self._write(line(progress))


def line(progress: Progress) -> str:
    """One line: where it stands, losses in nats per token, and the time left."""
    parts = [f"epoch {progress.epoch}/{progress.epochs}", f"step {progress.step}/{progress.steps}"]
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.3f}")
    if progress.valid_loss is not None:
        parts.append(f"validation {progress.valid_loss:.3f}")
    if progress.step:
        parts.append(f"{progress.tokens_per_second:.0f} tok/s")
    if progress.seconds_left is not None:
        parts.append(f"{progress.seconds_left / 60:.0f} min left")
    return "  ".join(parts)
