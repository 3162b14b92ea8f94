"""The line of progress: behind the cursor, on terminals only."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest

from persona_eval.pytest_plugin.progress import EVERY, ProgressLine, describe, span
from persona_eval.runner import Work


def terminal(isatty: bool = True, verbose: int = 0, used: int = 30) -> Any:
    writer = SimpleNamespace(_file=io.StringIO(), fullwidth=80, width_of_current_line=used)
    config = SimpleNamespace(getoption=lambda name: verbose)
    return SimpleNamespace(isatty=isatty, _tw=writer, config=config)


def screen(written: str) -> tuple[str, int]:
    """What a terminal shows of one line, and where its cursor is."""
    line, at = [" "] * 200, 0
    for sign in written:
        if sign == "\b":
            at -= 1
        else:
            line[at] = sign
            at += 1
    return "".join(line).rstrip(), at


def work(had: int = 3) -> Work:
    return Work(generated=had, tokens=40 * had, seconds=had / 2, wanted=20, had=had)


def test_it_draws_behind_the_cursor_and_wipes_itself() -> None:
    times = iter([0.0, EVERY + 0.1, 3 * EVERY])
    reporter = terminal()
    line = ProgressLine(reporter, clock=lambda: next(times))
    written = reporter._tw._file
    line.show(work(3))
    assert screen(written.getvalue()) == (" 3/20 replies · 80 tok/s", 0)
    line.show(work(13))
    assert screen(written.getvalue()) == (" 13/20 replies · 80 tok/s · 0 s left", 0)
    line.wipe()
    assert screen(written.getvalue()) == ("", 0)
    before = written.getvalue()
    line.wipe()
    assert written.getvalue() == before, "nothing is left to wipe"


def test_it_does_not_draw_at_every_step() -> None:
    reporter = terminal()
    line = ProgressLine(reporter, clock=lambda: 1.0)
    line.show(work(1))
    first = reporter._tw._file.getvalue()
    line.show(work(2))
    assert reporter._tw._file.getvalue() == first != ""


def test_it_stays_on_its_line() -> None:
    reporter = terminal(used=70)
    ProgressLine(reporter, clock=lambda: 0.0).show(work())
    shown, cursor = screen(reporter._tw._file.getvalue())
    assert (len(shown), cursor) == (8, 0)


@pytest.mark.parametrize("reporter", [None, terminal(isatty=False), terminal(verbose=-2)])
def test_it_is_quiet_without_a_terminal(reporter: Any) -> None:
    line = ProgressLine(reporter)
    line.show(work())
    line.wipe()
    assert reporter is None or reporter._tw._file.getvalue() == ""


def test_time_left_counts_what_was_generated_since_the_start() -> None:
    assert describe(work(10), seconds=30, had=5) == "10/20 replies · 80 tok/s · 1 min left"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59, "59 s"), (150, "2 min"), (7500, "2 h 5 min")]
)
def test_spans_of_time(seconds: float, words: str) -> None:
    assert span(seconds) == words
