"""How far generation is, drawn behind pytest's cursor and wiped before pytest writes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from persona_eval.runner import Work

EVERY = 0.5
"""Seconds between two looks."""


class ProgressLine:
    """Draws on a terminal, and nowhere else: not into a file, not from a worker of xdist."""

    def __init__(
        self,
        terminal: Any,
        uncaptured: Callable[[], AbstractContextManager[Any]] = nullcontext,
        clock: Callable[[], float] = time.monotonic,
    ):
        """``terminal``: pytest's reporter, or None where there is none. ``uncaptured`` lets
        output through to it while a test runs."""
        self._uncaptured = uncaptured
        quiet = terminal is None or not terminal.isatty or terminal.config.getoption("verbose") < -1
        self._writer = None if quiet else terminal._tw
        self._clock = clock
        self._started: tuple[float, int] | None = None
        self._drawn = -EVERY
        self._width = 0

    def show(self, work: Work) -> None:
        """Draw the state of a run, if it is time to."""
        if self._writer is None:
            return
        now = self._clock()
        if self._started is None:
            self._started = now, work.had
        if now - self._drawn >= EVERY:
            self._drawn = now
            self._draw(describe(work, now - self._started[0], work.had - self._started[1]))

    def wipe(self) -> None:
        """Leave the line as pytest believes it to be."""
        if self._writer is not None and self._width:
            self._draw("")

    def _draw(self, text: str) -> None:
        """Behind the cursor, which then goes back to where it was."""
        assert self._writer is not None
        room = self._writer.fullwidth - self._writer.width_of_current_line - 2
        shown = f" {text}"[: max(0, room)] if text else ""
        blanks = " " * max(0, self._width - len(shown))
        back = "\b" * (len(shown) + len(blanks))
        with self._uncaptured():
            self._writer._file.write(shown + blanks + back)
            self._writer._file.flush()
        self._width = len(shown)


def progress_line(config: pytest.Config) -> ProgressLine:
    """The line of a session."""
    capture: Any = config.pluginmanager.get_plugin("capturemanager")
    uncaptured = capture.global_and_fixture_disabled if capture else nullcontext
    return ProgressLine(config.pluginmanager.get_plugin("terminalreporter"), uncaptured)


def describe(work: Work, seconds: float, had: int) -> str:
    """``seconds`` of generation brought ``had`` replies, stored ones not counted."""
    parts = [f"{work.had}/{work.wanted} replies", f"{work.tokens_per_second:.0f} tok/s"]
    if had:
        parts.append(f"{span(seconds / had * (work.wanted - work.had))} left")
    return " · ".join(parts)


def span(seconds: float) -> str:
    """A time in words: ``40 s``, ``3 min``, ``2 h 5 min``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
