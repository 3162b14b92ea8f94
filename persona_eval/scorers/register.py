"""Expert register: long and rare words, sentences above the character's age."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import ClassVar

import regex

from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.lexicon import card_words, content, stem
from persona_eval.scorers.phrases import word_list
from persona_eval.scorers.trained import Trained
from persona_eval.suite.card import Persona
from persona_eval.text import fold, sentences, words

CHILD = 13.0
"""Age in years under which sentences, too, must be those of that age."""
GRADE_WORDS = 30
"""Words from which a reading grade means something."""
GRADE_SLACK = 4.0
"""Grades above those of the age (grade = age - 5) that talk may reach: run-on sentences of
small children read as grade 5 to 6."""

_LEARNED = regex.compile(
    r"\p{L}{4,}(?:ology|ologies|ological|isation|ization|ational|itive|ivity|ometry|ometric|otomy|"
    r"ectomy|osis|itis|aemia|emia|phobia|synthesis|graphic|scopic|nomics|ically|ionary|iferous|"
    r"ability|ification|ulation|ination|eration|oration|izing|ising|ular|uous|escent|metric)"
)
_VOWELS = regex.compile(r"[aeiouy]+")


def syllables(word: str) -> int:
    """Groups of vowels, a silent final e left out; at least 1."""
    return max(1, len(_VOWELS.findall(word.casefold().removesuffix("e"))))


@cache
def _lists() -> tuple[frozenset[str], frozenset[str]]:
    technical = frozenset(map(stem, word_list("expert", "technical")))
    return technical, frozenset(map(stem, word_list("expert", "common")))


def technical_words(text: str, known: Iterable[str] = ()) -> list[str]:
    """Distinct expert words of a text, except stems in ``known``: those of a list by field, and
    words of four syllables and more with a learned ending."""
    technical, common = _lists()
    allowed = frozenset(known)
    return [
        word
        for word in dict.fromkeys(words(fold(text)))
        if (root := stem(word)) not in allowed
        and (
            root in technical
            or (root not in common and syllables(word) > 3 and _LEARNED.fullmatch(word))
        )
    ]


def reading_grade(text: str) -> float:
    """Flesch–Kincaid grade (Kincaid et al. 1975), with ``syllables``."""
    tokens, count = words(text), max(1, len(sentences(text)))
    if not tokens:
        return 0.0
    return 0.39 * len(tokens) / count + 11.8 * sum(map(syllables, tokens)) / len(tokens) - 15.59


def sentence_length(text: str) -> float:
    """Mean number of words in a sentence."""
    return len(words(text)) / max(1, len(sentences(text)))


@cache
def _limits(persona: Persona) -> tuple[float, float]:
    """Largest reading grade and mean sentence length: the age's, or the samples' if larger."""
    age = persona.age or 0.0
    said = "\n".join(persona.voice.samples)
    grade = max(age - 5 + GRADE_SLACK, reading_grade(said) + 2)
    return grade, max(age + 14, 2 * sentence_length(said))


class SimpleRegister(Trained):
    """Passes when the reply does not talk like an expert: hardly any technical word that is
    neither the card's nor the prompt's; for a character under 13 also no reading grade and no
    sentence length above that age."""

    name: ClassVar[str] = "simple_register"
    like: ClassVar[tuple[str, str]] = ("talk simply", "talk like an expert")

    max_technical: int = 1
    """So many different technical words still pass, in a reply of ten words and more."""

    def by_rules(self, exchange: Exchange) -> Score:
        persona = exchange.persona
        known = card_words(persona) | frozenset(content(exchange.prompt))
        found = technical_words(exchange.reply, known)
        allowed = self.max_technical if len(words(exchange.reply)) >= 10 else 0
        if len(found) > allowed:
            return Score(False, f"expert words: {', '.join(found[:6])}", len(found), allowed)
        if (
            persona.age is not None
            and persona.age < CHILD
            and len(words(exchange.reply)) >= GRADE_WORDS
        ):
            return self._by_age(exchange, len(found))
        return Score(True, "no expert register", len(found), allowed)

    @staticmethod
    def _by_age(exchange: Exchange, found: int) -> Score:
        most_grade, most_words = _limits(exchange.persona)
        grade, length = reading_grade(exchange.reply), sentence_length(exchange.reply)
        if grade > most_grade:
            return Score(
                False,
                f"reading grade {grade:.1f} for {exchange.persona.age:g} years",
                grade,
                most_grade,
            )
        if length > most_words:
            return Score(False, f"{length:.0f} words a sentence", length, most_words)
        return Score(True, f"no expert register, reading grade {grade:.1f}", found)


SCORERS: tuple[type[Scorer], ...] = (SimpleRegister,)
