"""All expectations that need nothing but the text."""

from __future__ import annotations

from persona_eval.scorers import rules_form, rules_shape, rules_text
from persona_eval.scorers.base import Scorer

SCORERS: tuple[type[Scorer], ...] = (
    *rules_text.SCORERS,
    *rules_shape.SCORERS,
    *rules_form.SCORERS,
)
