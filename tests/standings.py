"""Cases on one side of a comparison, in a line each."""

from __future__ import annotations

from persona_eval.compare import Comparison, Pair, Standing
from persona_eval.results import CaseResult, Design


def standing(
    name: str,
    marks: str,
    category: str = "boundary",
    fingerprint: str = "same",
    expectations: tuple[str, ...] = ("contains",),
    extra: str = "",
    bar: float = 0.66,
) -> Standing:
    """A case whose trials passed (``+``) or failed (``-``)."""
    outcomes = tuple(mark == "+" for mark in marks)
    design = Design(len(marks), len(marks), bar)
    result = CaseResult("bo/a.suite.yaml", name, category, False, outcomes, design)
    replies = tuple((f"{name} {number}",) for number in range(len(marks)))
    confirming = tuple(mark == "+" for mark in extra)
    return Standing(result, fingerprint, expectations, replies, confirming)


def pair(before: str | None, after: str | None, extra: str = "", name: str = "a") -> Pair:
    """A case on both sides, or on one."""
    then = None if before is None else standing(name, before)
    now = None if after is None else standing(name, after, extra=extra)
    return Pair(name, then, now)


def comparison(**cases: tuple[str, str]) -> Comparison:
    """Cases by name, each with its trials then and now."""
    then = {name: standing(name, marks[0]) for name, marks in cases.items()}
    now = {name: standing(name, marks[1]) for name, marks in cases.items()}
    return Comparison.of(then, now)
