"""Expectations about the form of a reply: finished, and not going round in circles."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from pydantic import Field

from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.endings import cut_sign
from persona_eval.scorers.loops import circling, worst_repeat
from persona_eval.scorers.trained import Trained
from persona_eval.scorers.wording import quote, tail
from persona_eval.suite.card import Persona
from persona_eval.text import fold, words


class Complete(Trained):
    """Passes when the model stopped by itself and the reply is not cut in the middle of a
    sentence or word. A missing full stop alone is no cut."""

    name: ClassVar[str] = "complete"
    like: ClassVar[tuple[str, str]] = ("are complete", "break off")
    calibrated: ClassVar[bool] = False
    accepts_in_pack: ClassVar[float | None] = 0.3
    rules_reject: ClassVar[bool] = True

    def by_rules(self, exchange: Exchange) -> Score:
        if not exchange.reply.strip():
            return Score(False, "the reply is empty", "empty")
        if exchange.finish_reason != "stop":
            end = tail(exchange.reply)
            return Score(False, f"cut at the token limit: {end}", exchange.finish_reason, "stop")
        sign = cut_sign(exchange.reply, _known_words(exchange))
        if sign:
            return Score(False, f"breaks off with {sign}: {tail(exchange.reply)}", sign, "stop")
        return Score(True, "stopped by itself", "stop", "stop")


class NoLoops(Scorer):
    """Passes when nothing goes round in circles: a clause, a sentence or most of the reply said
    more than `max_repeat` times. Playful repetition (`no no no`, `tick tock tick tock`, a
    refrain) has more room."""

    name: ClassVar[str] = "no_loops"
    short: ClassVar[str | None] = "max_repeat"

    max_repeat: int = Field(default=3, ge=1)
    """How often the same clause may be said. Given, it is all that counts; else a reply that is
    half made of clauses which come three times goes round in circles too."""

    def judge(self, exchange: Exchange) -> Score:
        worst = worst_repeat(exchange.reply, self.max_repeat)
        if worst is None:
            return Score(True, "nothing is repeated", 1, self.max_repeat)
        said = f"{quote(worst.text, 40)} {worst.count} times{' in a row' if worst.row else ''}"
        if worst.count > worst.allowed:
            return Score(False, f"{said}, more than {worst.allowed}", worst.count, worst.allowed)
        if "max_repeat" not in self.model_fields_set and (share := circling(exchange.reply)):
            told = f"goes round in circles: {share:.0%} of it comes again"
            return Score(False, f"{told}, {said}", worst.count, worst.allowed)
        return Score(True, f"at most {said}", worst.count, worst.allowed)


def _known_words(exchange: Exchange) -> set[str]:
    """Words that prompt and card use, and so are whole."""
    return {*_words_of_card(exchange.persona), *words(fold(exchange.prompt))}


@cache
def _words_of_card(card: Persona) -> frozenset[str]:
    texts = (card.name, *card.aliases, *card.facts, *card.trusted_adults, *card.voice.samples)
    return frozenset(word for text in texts for word in words(fold(text)))


SCORERS: tuple[type[Scorer], ...] = (Complete, NoLoops)
