"""Replies that say other things than the card, or break the character."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from persona_eval.lint.findings import Finding
from persona_eval.lint.spoken import Spoken
from persona_eval.scorers.character import AgreesWithCard, StaysInCharacter
from persona_eval.scorers.trained import Trained
from persona_eval.suite.card import Persona

CHECKS: tuple[tuple[str, Trained, str, str], ...] = (
    (
        "contradiction",
        AgreesWithCard(),
        "replies that seem to contradict the card",
        "look at them, and correct them or the card",
    ),
    (
        "out of character",
        StaysInCharacter(),
        "replies that break the character",
        "reword them, or take them out",
    ),
)


def card_findings(replies: Sequence[Spoken], card: Persona) -> Iterator[Finding]:
    """By the rules of the behaviour scorers, which quote what they find.

    With its trained part, `agrees_with_card` fails 17 of the last replies of the example
    character's 423 conversations, and by its rules two; hardly any contradicts the card.
    """
    for name, scorer, what, advice in CHECKS:
        judged = ((reply, scorer.by_rules(reply.exchange(card))) for reply in replies)
        found = [(reply, score.reason) for reply, score in judged if score.passed is False]
        if found:
            message = f"{what}: {len(found)} of {len(replies)}; {advice}"
            shown = tuple(reply.example(why) for reply, why in found)
            yield Finding("warning", "card", name, message, len(found), examples=shown)
