"""Whom a reply may send the user to."""

from __future__ import annotations

from functools import cache

from persona_eval.scorers.phrases import Extra
from persona_eval.suite.card import Persona
from persona_eval.text import fold


@cache
def adults(persona: Persona) -> Extra:
    """The card's trusted adults, to widen the section ``adults`` of the phrase files."""
    trusted = sorted(map(fold, persona.trusted_adults), key=len, reverse=True)
    return (("adults", tuple(filter(None, trusted))),)
