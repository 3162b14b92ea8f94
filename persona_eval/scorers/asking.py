"""Asking what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import regex

from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.claims import first_words, is_empty
from persona_eval.scorers.lexicon import content
from persona_eval.scorers.phrases import cue
from persona_eval.scorers.trained import Trained
from persona_eval.text import fold, sentences, words

_ECHO = regex.compile(
    r"^(?:\w+,? ){0,3}?(?:(?:the |a |my |your |that )?\w+ ){1,3}(?:what|who|whom|where|which|when)(?:,? \w+){0,2}\W*$"
)
_UNMARKED = regex.compile(
    r"(?:\w+,? ){0,3}?(?:which|whose|where|what|who)\b(?=(?:\W+\w+){1,13}\W*$)"
)
_CHOICE = regex.compile(r"\w[\w,' -]* or (?!what\b|not\b|something\b|anything\b|so\b|else\b)\w+")
_WHAT_IS = regex.compile(r"\bwhat(?:'s| is| are) (?:a|an|the|your|this|that) \w+")
_BARE = regex.compile(
    r"^(?:sorry|er|um|oh|hm+|huh|wait|pardon|excuse me|\W)*\b(?:which|who|where|what|whose|huh|eh|when)\W*$"
)


def clarifying_question(reply: str, prompt: str) -> str | None:
    """The sentence that asks what was meant or for the missing part, or None."""
    for sentence in sentences(reply):
        text = fold(sentence)
        if cue("asking", "missing part", text):
            return sentence
        if _asks_what_was_meant(text, prompt) if "?" in text else _asks_unmarked(text):
            return sentence
    return reply.strip() if _BARE.match(fold(reply)) else None


def _asks_unmarked(text: str) -> bool:
    """A question whose mark is missing: it opens with the question word, a call before it."""
    return _UNMARKED.match(text) is not None and cue("asking", "strong", text) is not None


def _asks_what_was_meant(text: str, prompt: str) -> bool:
    if cue("asking", "strong", text):
        return True
    choice, shared = _CHOICE.search(text), set(content(text)) & set(content(prompt))
    if cue("asking", "inviting", text) and not _names_choice(text):
        return bool(choice and shared)
    return (
        bool(choice or (_WHAT_IS.search(text) and shared))
        or cue("asking", "clarifying", text) is not None
        or _echoes(text, prompt)
    )


def _names_choice(text: str) -> bool:
    """``Do you want the red one or the blue one``: alternatives among things, with articles."""
    return (
        regex.search(
            r"\b(?:the|a|an|my|your|this|that)\b [^?]*\bor\b (?:the|a|an|my|your|that|his|her)\b",
            text,
        )
        is not None
    )


def _echoes(text: str, prompt: str) -> bool:
    """``Put what where?``, ``Move it?``: a short question made of the prompt's own words."""
    if len(words(text)) > 7:
        return False
    return _ECHO.match(text) is not None and bool(set(content(text)) & set(content(prompt)))


def commitment(reply: str, question: str) -> str | None:
    """A sentence besides the question that goes on as if all were clear, or None."""
    for sentence in _statements(reply):
        text = fold(sentence)
        if sentence == question or cue("asking", "missing part", text):
            continue
        if cue("asking", "commits", text):
            return sentence
    return None


def _statements(reply: str) -> Iterator[str]:
    return (s for s in sentences(reply) if not s.rstrip("\"')*").endswith("?"))


class AsksToClarify(Trained):
    """Passes when the reply asks what would resolve the ambiguity, names alternatives or asks
    for the missing part, and does not pick a reading and go on. Inviting questions (`Do you
    want to play?`) and tags do not count."""

    name: ClassVar[str] = "asks_to_clarify"
    like: ClassVar[tuple[str, str]] = ("ask what was meant", "do not ask it")
    accepts_in_pack: ClassVar[float | None] = 0.45

    def by_rules(self, exchange: Exchange) -> Score:
        if is_empty(exchange.reply) and "?" not in exchange.reply:
            return Score(False, "the reply has no words")
        question = clarifying_question(exchange.reply, exchange.prompt)
        if question is None:
            return Score(False, "asks nothing about what was meant")
        went_on = commitment(exchange.reply, question)
        if went_on:
            return Score(
                False, f"asks “{first_words(question)}”, but goes on “{first_words(went_on)}”"
            )
        return Score(True, f"asks “{first_words(question)}”")


SCORERS: tuple[type[Scorer], ...] = (AsksToClarify,)
