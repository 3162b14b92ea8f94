"""Cases as data that a page carries and its script shows: a line of JSON a case, packed. Two
thousand cases with five trials each are 27 MB of JSON and 8 MB of page."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable, Sequence
from typing import Any

from persona_eval.reports.html.cases import CaseView
from persona_eval.reports.html.texts import Part
from persona_eval.reports.html.trials import ReplyView, ScoreView, TrialView


def packed(cases: Iterable[CaseView]) -> str:
    """The lines of all cases, in their order: gzip, and base64, in which nothing is markup."""
    lines = (json.dumps(_case(each), separators=(",", ":")) for each in cases)
    whole = "\n".join(lines).encode("ascii")
    return base64.b64encode(gzip.compress(whole, 6, mtime=0)).decode("ascii")


def _case(case: CaseView) -> dict[str, Any]:
    kinds: dict[tuple[int, str, str, str], int] = {}
    return {
        "speaker": case.speaker,
        "need": case.need,
        "meaning": case.meaning,
        "notes": case.notes,
        "turns": [[turn.user, turn.scripted] for turn in case.turns],
        "trials": [_trial(trial, kinds) for trial in case.trials],
        "kinds": [*kinds],
    }


def _trial(trial: TrialView, kinds: dict[tuple[int, str, str, str], int]) -> dict[str, Any]:
    return {
        "number": trial.number,
        "verdict": trial.verdict,
        "extra": trial.extra,
        "before": trial.before,
        "error": trial.error,
        "copied": trial.copied,
        "asked": trial.asked,
        "replies": [_reply(reply) for reply in trial.replies],
        "scores": [_score(score, kinds) for score in trial.scores],
    }


def _score(score: ScoreView, kinds: dict[tuple[int, str, str, str], int]) -> list[Any]:
    """What is the same in each trial stands once in the case."""
    kind = (score.turn, score.expectation, score.source, score.limit)
    return [kinds.setdefault(kind, len(kinds)), score.verdict, score.value, score.reason]


def _reply(reply: ReplyView) -> dict[str, Any]:
    parts = reply.parts and [_lengths(each) for each in reply.parts]
    return {
        "turn": reply.turn,
        "text": reply.text,
        "cut": reply.cut,
        "before": reply.before,
        "parts": parts,
    }


def _lengths(parts: Sequence[Part]) -> list[int]:
    """Lengths in letters, in turn of what is the same and of what differs."""
    lengths = [0]
    for part in parts:
        if part.differs != (len(lengths) % 2 == 0):
            lengths.append(0)
        lengths[-1] += len(part.text)
    return lengths
