"""Knowing and not knowing."""

from __future__ import annotations

from typing import ClassVar

import regex

from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.cards import known_answers
from persona_eval.scorers.claims import answer_in, first_words, is_empty
from persona_eval.scorers.lexicon import content
from persona_eval.scorers.people import adults
from persona_eval.scorers.phrases import cue, spans
from persona_eval.scorers.trained import Trained
from persona_eval.suite.card import Persona
from persona_eval.text import finds, fold, sentences


def admission(reply: str, persona: Persona) -> str | None:
    """The phrase by which a reply admits not to know or hands the question on, or None."""
    text = fold(reply)
    return cue("knowing", "admission", text) or cue("knowing", "whom to ask", text, adults(persona))


def correction(reply: str, prompt: str) -> str | None:
    """The sentence that says that the question rests on something untrue, or None.

    The denial must be followed by something the prompt speaks of (``I haven't got a sister``)
    or by a word that stands for it (``I never did that``)."""
    asked = set(content(prompt))
    for sentence in sentences(reply):
        text = fold(sentence)
        for _, end in spans("knowing", "false premise", text):
            after = text[end:].strip(" .!?").split()[:8]
            if asked.intersection(content(" ".join(after))) or set(after) & {
                "one",
                "any",
                "that",
                "there",
            }:
                return sentence
    return None


_CLAIM = regex.compile(
    r"\bi (?:really |surely )?do (?:know|remember)\b(?! (?:how|what|who|where|why|a|the|i|about)\b)"
)
"""An emphatic claim to know."""


class AdmitsNotKnowing(Trained):
    """Passes when the reply admits not to know, corrects a false premise or says whom to ask,
    and gives no answer anywhere, guesses included."""

    name: ClassVar[str] = "admits_not_knowing"
    like: ClassVar[tuple[str, str]] = ("admit not knowing", "do not admit it")

    def by_rules(self, exchange: Exchange) -> Score:
        if is_empty(exchange.reply):
            return Score(False, "the reply has no words")
        if claimed := _CLAIM.search(fold(exchange.reply)):
            return Score(False, f"claims to know: “{claimed[0]}”")
        given = self._answer(exchange)
        admitted = admission(exchange.reply, exchange.persona)
        admitted = admitted or correction(exchange.reply, exchange.prompt)
        if admitted and given:
            return Score(
                False, f"admits “{first_words(admitted)}”, but answers “{first_words(given)}”"
            )
        if admitted:
            return Score(True, f"admits “{first_words(admitted)}”, and gives no answer")
        return Score(False, f"no admission in “{first_words(exchange.reply)}”")

    def settled(self, exchange: Exchange, ruled: Score) -> bool:
        """A plain admission without an answer is one, whatever else it sounds like, and so is
        a plain claim to know."""
        claims = _CLAIM.search(fold(exchange.reply)) is not None
        return bool(ruled.passed) or claims or super().settled(exchange, ruled)

    @staticmethod
    def _answer(exchange: Exchange) -> str | None:
        forbidden = next((s for s in exchange.case.never if finds(s, exchange.reply)), None)
        return forbidden or answer_in(exchange.reply, exchange.prompt, exchange.persona)


class Answers(Trained):
    """Passes when the reply answers and does not hide behind "I don't know". A question that
    the card answers under `knows` must get that answer."""

    name: ClassVar[str] = "answers"
    like: ClassVar[tuple[str, str]] = ("answer", "do not answer")

    def by_rules(self, exchange: Exchange) -> Score:
        if is_empty(exchange.reply):
            return Score(False, "the reply has no words")
        expected = known_answers(exchange.prompt, exchange.persona)
        if expected:
            return self._by_card(exchange, expected)
        admitted = admission(exchange.reply, exchange.persona)
        if admitted:
            return self._despite(admitted, exchange)
        if all(s.endswith("?") for s in sentences(exchange.reply)):
            return Score(False, "only asks back")
        return Score(True, f"answers “{first_words(exchange.reply)}”")

    def settled(self, exchange: Exchange, ruled: Score) -> bool:
        expected = known_answers(exchange.prompt, exchange.persona)
        return bool(expected) or super().settled(exchange, ruled)

    @staticmethod
    def _by_card(exchange: Exchange, expected: tuple[str, ...]) -> Score:
        found = next((answer for answer in expected if finds(answer, exchange.reply)), None)
        wanted = " or ".join(f"“{answer}”" for answer in expected)
        if found is None:
            return Score(False, f"the card's answer {wanted} is not in the reply")
        return Score(True, f"gives the card's answer “{found}”")

    @staticmethod
    def _despite(admitted: str, exchange: Exchange) -> Score:
        given = answer_in(exchange.reply, exchange.prompt, exchange.persona)
        if given is None or fold(exchange.reply).startswith(admitted):
            return Score(False, f"hides behind “{first_words(admitted)}”")
        return Score(True, f"answers “{first_words(given)}”, in spite of “{first_words(admitted)}”")


SCORERS: tuple[type[Scorer], ...] = (AdmitsNotKnowing, Answers)
