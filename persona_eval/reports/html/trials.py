"""The trials of a case as a page shows them, each beside the baseline's trial of the same number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from persona_eval.compare import Standing
from persona_eval.evidence import Attempt, Evidence
from persona_eval.judging import ReplyText
from persona_eval.overlap.learnt import Overlap
from persona_eval.reports.html.texts import Part, differences, figure, shown

CUT = "length"
"""Finish reason of a reply that was cut."""


@dataclass(frozen=True)
class ScoreView:
    """An expectation of one reply."""

    turn: int
    expectation: str
    source: str
    verdict: str
    """``met``, ``unmet``, ``skipped`` or ``error``."""
    value: str
    limit: str
    reason: str


@dataclass(frozen=True)
class ReplyView:
    """A generated reply, with the baseline's where there is one."""

    turn: int
    """Index of its turn; -1 where that is not known."""
    text: str
    cut: bool
    before: str | None = None
    parts: tuple[Sequence[Part], Sequence[Part]] | None = None
    """The baseline's reply and this one in parts that differ or not; None where they are the same,
    or have nothing in common."""


@dataclass(frozen=True)
class TrialView:
    """One attempt."""

    number: int
    """Counted from 1."""
    verdict: str
    """``passed``, ``failed`` or ``error``."""
    extra: bool
    replies: tuple[ReplyView, ...]
    scores: tuple[ScoreView, ...]
    error: str
    before: str = ""
    """Verdict of the baseline's trial, where there is one."""
    copied: str = ""
    """Where it repeats a training reply: how much of it, and which."""
    asked: str = ""
    """What the user said last, where that is another wording than the case's own."""


def trial_views(evidence: Evidence, before: Standing | None) -> list[TrialView]:
    """All trials of a case."""
    turns = evidence.case.generated_turns if evidence.case else ()
    outcomes = before.result.outcomes if before else ()
    # A trial that was accepted without its replies cannot be shown.
    then = list(zip(outcomes, before.replies, strict=False)) if before else []
    overlaps = evidence.overlaps or [None] * len(evidence.attempts)
    views = []
    for attempt, overlap in zip(evidence.attempts, overlaps, strict=True):
        beside = None if attempt.extra or not then else then.pop(0)
        views.append(_trial(attempt, turns, beside, overlap, _asked(evidence, attempt)))
    return views


def verdict_of(passed: bool | None) -> str:
    """What a trial came to, in a word."""
    return {True: "passed", False: "failed", None: "error"}[passed]


def _trial(
    attempt: Attempt,
    turns: Sequence[int],
    then: tuple[bool, tuple[str, ...]] | None,
    overlap: Overlap | None,
    asked: str,
) -> TrialView:
    judgement = attempt.judgement
    texts = then[1] if then and len(then[1]) == len(attempt.replies) else ()
    return TrialView(
        number=attempt.number + 1,
        verdict=verdict_of(None if judgement.error else judgement.passed),
        extra=attempt.extra,
        replies=tuple(_replies(attempt.replies, turns, texts)),
        scores=tuple(map(_score, judgement.scores)),
        error=shown(judgement.error or ""),
        before=verdict_of(then[0]) if then and texts else "",
        copied=_copied(overlap) if overlap and overlap.copied else "",
        asked=shown(asked),
    )


def _asked(evidence: Evidence, attempt: Attempt) -> str:
    """The wording of a trial; empty for the case's own."""
    wordings = evidence.facts.wordings
    wording = attempt.number % len(wordings) if wordings else 0
    return wordings[wording] if wording else ""


def _copied(overlap: Overlap) -> str:
    return shown(f"repeats training data: {overlap.share:.0%} of its words, from {overlap.place}")


def _replies(
    replies: Sequence[ReplyText], turns: Sequence[int], before: Sequence[str]
) -> Iterator[ReplyView]:
    for number, (text, finish_reason) in enumerate(replies):
        turn = turns[number] if number < len(turns) else -1
        cut = finish_reason == CUT
        if not before:
            yield ReplyView(turn, shown(text), cut)
            continue
        then, now = shown(before[number]), shown(text)
        yield ReplyView(turn, now, cut, then, None if then == now else differences(then, now))


def _score(score: Mapping[str, Any]) -> ScoreView:
    words = {True: "met", False: "unmet", None: "skipped"}
    return ScoreView(
        turn=score["turn"],
        expectation=shown(score["expectation"]),
        source=score["source"],
        verdict="error" if score["error"] else words[score["passed"]],
        value=figure(score["value"]),
        limit=figure(score["limit"]),
        reason=shown(score["error"] or score["reason"]),
    )
