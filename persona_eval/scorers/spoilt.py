"""Counterfeits of labelled replies: more of what trained parts must learn to reject."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from persona_eval.counterfeits import counterfeits
from persona_eval.models.base import Message
from persona_eval.scorers.labelled import Row

DEFECTS = {
    "voice stripped": "out_of_voice",
    "AI inserted": "breaks_character",
    "answer appended": "answers_after_admission",
    "compliance appended": "complies_after_refusal",
}
"""What is wrong with a copy spoilt in this way. Cut ones are left out: with them `complete` took
the replies of a voice that does without full stops for broken off."""
NEGATED = {"dont_know": "answers", "boundary": "complies"}
"""An admission that claims to know, a refusal that agrees."""
ANSWERS = frozenset({"answers", "hedged_guess"})


def spoilt(rows: Sequence[Row]) -> list[tuple[int, Row]]:
    """One spoilt copy of each hand-written reply that passes, each in another way than the one
    before it, with the place of the row it comes from."""
    answers = _answers(rows)
    passing = [(n, row) for n, row in enumerate(rows) if row.passes and not row.sampled]
    return [
        (place, copy)
        for turn, (place, row) in enumerate(passing)
        for copy in _one(list(_copies(row, answers[row.messages])), turn)
    ]


def _one(copies: list[Row], turn: int) -> list[Row]:
    return [copies[turn % len(copies)]] if copies else []


def _answers(rows: Sequence[Row]) -> defaultdict[tuple[Message, ...], tuple[str, ...]]:
    """What other rows answered to the same prompt where no answer is known."""
    found: defaultdict[tuple[Message, ...], tuple[str, ...]] = defaultdict(tuple)
    for row in rows:
        if row.defect in ANSWERS:
            found[row.messages] += (row.reply,)
    return found


def _copies(row: Row, answers: tuple[str, ...]) -> Iterator[Row]:
    case = row.case().model_copy(update={"bad": answers})
    for copy in counterfeits(case, row.persona, row.reply):
        defect = NEGATED.get(row.category) if copy.way == "negated" else DEFECTS.get(copy.way)
        if defect:
            yield replace(row, reply=copy.text, passes=False, defect=defect)
