"""Expectations about the length, the readability and the originality of a reply."""

from __future__ import annotations

import warnings
from typing import ClassVar, Self

from pydantic import Field, model_validator

from persona_eval.overlap.index import COPIED, folded_words, index_of
from persona_eval.scorers.arguments import Count, Figure
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.questions import find_question
from persona_eval.scorers.wording import quote
from persona_eval.text import sentences, straighten, words

GRADED_WORDS = 30
"""Below this many words Flesch–Kincaid swings by several grades with a single word."""
COMPARED_WORDS = 4
"""Replies below this many words are anybody's: "Yes!" is no sign of memorising."""


class _Counted(Scorer):
    """A count with a lowest and a highest value. A number alone asks for exactly that many."""

    unit: ClassVar[str]

    min: Count | None = None
    """Smallest count that passes."""
    max: Count | None = None
    """Largest count that passes."""

    @classmethod
    def from_argument(cls, argument: object) -> Scorer:
        if isinstance(argument, (int, float)) and not isinstance(argument, bool):
            return cls.model_validate({"min": argument, "max": argument})
        if argument is not None and not isinstance(argument, dict):
            raise TypeError(f"`{cls.name}` takes a number, or `min` and `max`, not {argument!r}")
        return super().from_argument(argument)

    @model_validator(mode="after")
    def _can_fail(self) -> Self:
        if not self.min and self.max is None:
            raise ValueError("every reply would pass: give `max`, or a `min` of 1 or more")
        if self.max is not None and (self.min or 0) > self.max:
            raise ValueError(f"no reply could pass: min {self.min:g} is above max {self.max:g}")
        return self

    def count(self, reply: str) -> int:
        raise NotImplementedError

    def judge(self, exchange: Exchange) -> Score:
        count = self.count(exchange.reply)
        counted = f"{count} {self.unit if count != 1 else self.unit.removesuffix('s')}"
        if self.min is not None and count < self.min:
            return Score(False, f"{counted}, fewer than {self.min:g}", count, self.min)
        if self.max is not None and count > self.max:
            return Score(False, f"{counted}, more than {self.max:g}", count, self.max)
        return Score(True, counted, count, self.max if self.max is not None else self.min)


class Words(_Counted):
    """Passes when the number of words lies between `min` and `max`, both included. A number
    alone, `words: 1`, asks for exactly that many."""

    name: ClassVar[str] = "words"
    unit: ClassVar[str] = "words"

    def count(self, reply: str) -> int:
        return len(words(reply))


class Sentences(_Counted):
    """Passes when the number of sentences lies between `min` and `max`, both included. A number
    alone, `sentences: 2`, asks for exactly that many."""

    name: ClassVar[str] = "sentences"
    unit: ClassVar[str] = "sentences"

    def count(self, reply: str) -> int:
        return len(sentences(reply))


class ReadingGrade(Scorer):
    """Passes when the Flesch–Kincaid grade is at most `max`: the school year, in English, that
    reads it with ease (Kincaid et al. 1975). Replies under 30 words are not judged."""

    name: ClassVar[str] = "reading_grade"
    short: ClassVar[str | None] = "max"

    max: Figure
    """Highest grade that passes."""

    def judge(self, exchange: Exchange) -> Score:
        count = len(words(exchange.reply))
        if count < GRADED_WORDS:
            return Score.skip(f"{count} words are too few for a reading grade ({GRADED_WORDS})")
        grade = flesch_kincaid(exchange.reply)
        verdict = "within" if grade <= self.max else "above"
        return Score(
            grade <= self.max, f"reading grade {grade:.1f}, {verdict} {self.max:g}", grade, self.max
        )


def flesch_kincaid(text: str) -> float:
    """0.39 · words per sentence + 11.8 · syllables per word - 15.59 (Kincaid et al. 1975)."""
    with warnings.catch_warnings():
        # textstat 0.7.4 imports pkg_resources, which warns that it will go.
        warnings.simplefilter("ignore")
        from textstat import textstat

    plain = " ".join(f"{sentence.rstrip('.!? ')}." for sentence in sentences(straighten(text)))
    return float(textstat.flesch_kincaid_grade(plain))


class AsksQuestion(Scorer):
    """Passes when the reply holds a question: a sentence with a question mark, or an English
    sentence in question form without one (`do you mean the red one`)."""

    name: ClassVar[str] = "asks_question"

    def judge(self, exchange: Exchange) -> Score:
        question = find_question(exchange.reply)
        if question:
            return Score(True, f"asks {quote(question)}", question)
        return Score(False, "asks nothing")


class NotMemorised(Scorer):
    """Passes when no training reply shares a longer run of words with the reply than this share
    of the reply's words. Replies under 4 words are not judged, nor any reply when the training
    data are not at hand."""

    name: ClassVar[str] = "not_memorised"
    short: ClassVar[str | None] = "max_overlap"

    max_overlap: float = Field(default=COPIED, ge=0, lt=1)
    """Largest share of the reply's words that may stand in one row in a training reply."""

    def judge(self, exchange: Exchange) -> Score:
        if exchange.tools.training_replies is None:
            return Score.skip("the training replies are not known here")
        spoken = folded_words(exchange.reply)
        if len(spoken) < COMPARED_WORDS:
            return Score.skip(f"{len(spoken)} words are too few to call memorised")
        row = index_of(tuple(exchange.tools.training_replies)).longest(spoken)
        share, shared = row.words / len(spoken), " ".join(spoken[row.start : row.end])
        reason = f"{share:.0%} stand in one row in a training reply: {quote(shared)}"
        return Score(share <= self.max_overlap, reason, share, self.max_overlap)


SCORERS: tuple[type[Scorer], ...] = (Words, Sentences, ReadingGrade, AsksQuestion, NotMemorised)
