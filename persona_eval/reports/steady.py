"""Luck, wordings and drift in words: what else a case says than whether it passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from persona_eval.consistency import AGAIN
from persona_eval.drift import DriftLine
from persona_eval.reports.transcript import shortened
from persona_eval.results import CaseResult

QUOTED = 60
SHOWN = 12
NAMED = 6
BLOCKS = "▁▂▃▄▅▆▇█"
NAMES = {"style": "in-voice score", "fact": "fact score"}


def luck_lines(results: Sequence[CaseResult]) -> Iterator[str]:
    """What passes by luck: a line for each wording that always fails, and one for the cases that
    another run may well fail."""
    lucky = [result for result in results if result.luck]
    worded = [result for result in lucky if result.silent]
    yield from (f"luck {counted(result)}: {result.luck}" for result in worded[:SHOWN])
    if len(worded) > SHOWN:
        yield f"luck {len(worded) - SHOWN} more like these (in --persona-json)"
    if rest := sorted((r for r in lucky if not r.silent), key=lambda r: r.again or 0.0):
        yield _likely_to_fail(rest, sum(result.passed for result in results))


def _likely_to_fail(lucky: Sequence[CaseResult], passed: int) -> str:
    named = ", ".join(f"{result.case_id} ({result.again:.0%})" for result in lucky[:NAMED])
    more = f" and {len(lucky) - NAMED} more" if len(lucky) > NAMED else ""
    least = f"with a chance below {AGAIN:.0%}"
    return f"luck {len(lucky)} of {passed} passing cases would pass again {least}: {named}{more}"


def drift_lines(results: Sequence[CaseResult]) -> Iterator[str]:
    """A line for each kind of probe in each long conversation."""
    for result in results:
        for line in result.drift.lines if result.drift else ():
            yield f"drift {result.key}: {drift_text(line)}"


def steady_lines(result: CaseResult) -> Iterator[str]:
    """What stands below the count of a case: wordings, spread, drift."""
    for rate in result.by_wording:
        text = shortened(rate.wording, QUOTED)
        yield f"  {rate.passes} of {rate.trials} passed: “{text}”"
    if spread := spread_text(result):
        yield f"  {spread}"
    if result.luck:
        yield f"  passes by luck: {result.luck}"
    for line in result.drift.lines if result.drift else ():
        yield f"  {drift_text(line)}"


def counted(result: CaseResult) -> str:
    """A case with its trials."""
    return f"{result.key} passed {result.passes} of {result.trials} trials"


def spread_text(result: CaseResult) -> str:
    """How far apart the replies are, in words; empty where that is not known."""
    spread = result.spread
    if spread is None or (spread.within is None and spread.between is None):
        return ""
    inside = " within a wording" if result.wordings else ""
    parts = [f"{spread.within:.2f}{inside}"] if spread.within is not None else []
    parts += [f"{spread.between:.2f} between wordings"] if spread.between is not None else []
    return f"replies are apart by {', '.join(parts)} (0 the same, 1 unlike)"


def drift_text(line: DriftLine) -> str:
    """One kind of probe: a curve, the change, and what it shows."""
    curve = (
        f"{NAMES[line.kind]} {sparkline(line.scores)} over turns {line.turns[0]}–{line.turns[-1]}"
    )
    return f"{curve}: {change_text(line)}; {found_text(line)}".replace(": ; ", ": ")


def change_text(line: DriftLine) -> str:
    """The change with its interval; empty where there is none."""
    if line.change is None:
        return ""
    if line.interval is None:
        return f"{line.change:+.2f}"
    low, high = line.interval
    return f"{line.change:+.2f} (95 % {low:+.2f} to {high:+.2f})"


def found_text(line: DriftLine) -> str:
    """What the scores show."""
    allowed = f"a drop of {line.max_drop:.2f}"
    if line.change is None:
        return "cannot be told, as too few replies have a score"
    if all(score is None or score <= line.max_drop for score in line.scores):
        return "too low from the start to fall"
    if line.finding == "drops":
        return f"more than {allowed}"
    if line.finding == "holds":
        return f"less than {allowed}"
    why = "the interval is too wide" if line.interval else "one trial has no interval"
    return f"whether that is {allowed} cannot be told: {why}, more trials would tell"


def sparkline(scores: Sequence[float | None]) -> str:
    """Scores from 0 to 1 as blocks, with a space where there is none."""
    steps = len(BLOCKS) - 1
    return "".join(" " if score is None else BLOCKS[round(score * steps)] for score in scores)
