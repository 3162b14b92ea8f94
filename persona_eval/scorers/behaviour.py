"""All behaviour scorers, gathered."""

from __future__ import annotations

from persona_eval.scorers import (
    asking,
    character,
    coherence,
    knowing,
    refusing,
    register,
    relevance,
)
from persona_eval.scorers.base import Scorer

SCORERS: tuple[type[Scorer], ...] = (
    *character.SCORERS,
    *knowing.SCORERS,
    *asking.SCORERS,
    *refusing.SCORERS,
    *register.SCORERS,
    *relevance.SCORERS,
    *coherence.SCORERS,
)
