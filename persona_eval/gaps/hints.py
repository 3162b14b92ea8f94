"""What to write about, where the bank has no prompt: lines of the card."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from persona_eval.gaps.tried import Tried
from persona_eval.scorers.base import Embedder
from persona_eval.suite.card import Persona

Apart = Callable[[Sequence[str]], list[str]]
"""Leaves out what is near a prompt of the suites."""


def hint(
    tried: Tried,
    card: Persona,
    embedder: Embedder,
    apart: Apart,
    used: Sequence[str],
    topic: float,
) -> str | None:
    """The line of the card that is nearest to the case, at least at the cosine ``topic`` and not
    used yet; else the case's id. None where that is as good as a prompt of the suites."""
    lines = apart([line for line in _lines(tried, card) if line not in used])
    vectors = embedder.embed([tried.prompt, *lines])
    cosines = (vectors[1:] @ vectors[0]).tolist()
    cosine, line = max(zip(cosines, lines, strict=True), default=(0.0, ""))
    if line and cosine >= topic:
        return line
    return next(iter(apart([f"what `{tried.case.id}` is about, asked otherwise"])), None)


def _lines(tried: Tried, card: Persona) -> Sequence[str]:
    """What the card says that has to do with such cases."""
    category, control = tried.label
    if category in ("dont_know", "off_topic") and not control:
        return card.does_not_know
    own = category == "in_character" or (control and category != "boundary")
    return card.facts if own else ()
