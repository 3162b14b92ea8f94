"""Does a reply give an answer, in any words? Shared by the behaviours around knowing."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Literal

import regex

from persona_eval.scorers.lexicon import (
    card_names,
    card_words,
    clauses,
    content,
    names,
    number,
    numbers,
    stem,
)
from persona_eval.scorers.phrases import cue, overlap, pattern, spans, word_list
from persona_eval.suite.card import Persona
from persona_eval.text import fold, sentences

Kind = Literal["number", "name", "why", "choice", "open"]

_KINDS: tuple[tuple[Kind, str], ...] = (
    ("number", r"how (?:many|much|old|far|long|tall|high|deep|fast|big|heavy|hot|often)|what(?:'s| is)? "
               r"(?:\d|the (?:time|date|temperature|population|distance|speed|price|square root|number|year))"
               r"|what (?:year|time|number)|which year|when (?:was|is|did|were|does)|\d\s*[x*+/×÷-]\s*\d"
               r"|\b(?:plus|times|minus|divided by|multiplied|squared|percent)\b"),
    ("name", r"who(?:'s|se)?\b|where\b|what(?:'s| is| was| are|s)? (?:\w+ ){0,4}(?:name|called|capital)"
             r"|which (?:country|city|town|person|river|planet|team|king|queen|ocean|language)|capital of"),
    ("why", r"why\b|how (?:do|does|did|is|are|can|come|would|could)"),
    ("choice", r"(?:is|are|was|were|do|does|did|has|have|can|could|will|would|should)\b"),
)  # fmt: skip
_VERB = r"(?:'s|'re| is| are| was| were| means?| has| have| had| happens?| works?| comes?| makes?| equals?| lives?| be| got| won| wrote| invented| discovered)"
_ECHO_TAIL = regex.compile(rf"(?P<subject>.+?){_VERB}(?!\w)(?P<rest>.*)")
_THEY = regex.compile(r"(?:he|she|they)\b")
_OBJECT = regex.compile(
    r"(?:what|who|whom|where|why|how|if|whether|which|when|that|about|of|the|it(?!')|to|any|much|him|her|for|in|a|an|my|one)\b"
)
_YES_NO = regex.compile(
    r"(?:yes|yeah|yep|yup|aye|no|nope|nah|nay)\b(?! (?:idea|clue|notion|one|record))"
)


@lru_cache(maxsize=1024)
def question_kind(prompt: str) -> Kind:
    """What sort of answer the last sentence of the prompt wants."""
    text = fold(sentences(prompt)[-1]) if sentences(prompt) else ""
    text = regex.sub(r"^(?:so|and|but|hey|hi|ok|okay|um|please|\w+,)[ ,]+", "", text)
    for kind, form in _KINDS:
        if regex.match(form, text) or (kind in ("number", "name") and regex.search(form, text)):
            return kind
    return "open"


@cache
def _vague() -> frozenset[str]:
    return frozenset(map(stem, word_list("claims", "vague")))


class Claims:
    """The search for an answer to ``prompt`` among the clauses of replies by ``persona``."""

    def __init__(self, prompt: str, persona: Persona):
        self.kind = question_kind(prompt)
        self.asked = frozenset(content(prompt))
        self.asked_numbers = frozenset(numbers(prompt))
        self.known_names = card_names(persona) | self.asked
        self.people = card_names(persona)
        self.own = card_words(persona) | _vague() | self.asked

    def find(self, reply: str) -> str | None:
        """The first clause that answers, or None. Admissions and advice are looked through."""
        about_others = bool(self.people.intersection(content(reply)))
        found = (part for part in _said(reply) if self.answers(part, about_others))
        return next(found, None)

    def answers(self, clause: str, about_others: bool = False) -> bool:
        """Whether one clause says something that could be the answer. ``about_others``: ``he``
        and ``she`` are people of the card."""
        text = fold(clause).strip(" .!?\"'")
        for section in ("admission", "whom to ask"):
            if found := spans("knowing", section, text):
                return self._after(text[found[-1][1] :].strip())
        if about_others and _THEY.match(text):
            return False
        return (
            self._typed(clause, text)
            or self._framed(text)
            or self._echoed(text)
            or (self.kind == "why" and self._reason(text))
            or (self.kind == "choice" and _YES_NO.match(text) is not None and len(text.split()) < 3)
        )

    def _after(self, rest: str) -> bool:
        """A guess in the same breath: ``no clue lol probably like 800``."""
        if _OBJECT.match(rest) or not rest:
            return False
        return self._framed(rest) or (self.kind == "number" and self._number(rest))

    def _novel(self, text: str) -> list[str]:
        return [word for word in content(text) if word not in self.own]

    def _typed(self, clause: str, text: str) -> bool:
        """A number or a name where one was asked for."""
        if self.kind == "number":
            return self._number(text)
        if self.kind != "name":
            return False
        fresh = [n for n in names(f"x {clause}") if n not in self.known_names and n not in self.own]
        return bool(fresh) and (len(text.split()) <= 4 or bool(self._frame(text)))

    def _number(self, text: str) -> bool:
        if pattern("claims", "self").match(text) and not cue("claims", "hedge", text):
            return False
        own = spans("claims", "own number", text)
        for match in pattern("claims", "num").finditer(text):
            if any(overlap(match.span(), span) for span in own) or match[0] == "one":
                continue
            value = number(match[0].removeprefix("a "))
            if value not in self.asked_numbers and self._number_stands_out(text, match.start()):
                return True
        return False

    def _number_stands_out(self, text: str, start: int) -> bool:
        before = text[:start].split()
        return (
            len(text.split()) <= 4
            or bool(before and pattern("claims", "number frame").fullmatch(before[-1]))
            or self._frame(text)
        )

    @staticmethod
    def _frame(text: str) -> bool:
        return bool(cue("claims", "hedge", text) or cue("claims", "pronoun frame", text))

    def _framed(self, text: str) -> bool:
        """``I think it's …``, ``it is …``, ``maybe …`` followed by something new."""
        for section in ("hedge", "pronoun frame"):
            for start, end in spans("claims", section, text):
                if section == "pronoun frame" and len(text[:start].split()) > 1:
                    continue
                rest = text[end:].strip()
                if not pattern("claims", "self").match(rest) and self._novel(rest):
                    return True
        return False

    def _echoed(self, text: str) -> bool:
        """``The capital of France is …``: the prompt's own words, then something new."""
        match = _ECHO_TAIL.match(text)
        if match is None or pattern("claims", "self").match(text):
            return False
        about = self.asked.intersection(content(match["subject"]))
        return bool(about) and bool(self._novel(match["rest"]))

    def _reason(self, text: str) -> bool:
        found = pattern("claims", "because").search(text)
        return found is not None and bool(self._novel(text[found.end() :]))


def _said(reply: str) -> Iterator[str]:
    """The clauses of a reply without the calls that open sentences: ``Son, …``, ``Ooh, …``."""
    for sentence in sentences(reply):
        parts = clauses(sentence)
        called = len(parts) > 1 and len(parts[0].split()) < 3 and not _hedged(parts[1])
        yield from parts[1:] if called and not numbers(parts[0]) else parts


def _hedged(clause: str) -> bool:
    """``Paris, I think``: then the opening was no call."""
    text = fold(clause)
    return cue("claims", "hedge", text) is not None or text.startswith(
        ("easy", "it ", "that ", "of course", "obviously")
    )


@lru_cache(maxsize=1024)
def answer_in(reply: str, prompt: str, persona: Persona) -> str | None:
    """The first clause of a reply that answers the prompt, or None."""
    return claims(prompt, persona).find(reply)


@lru_cache(maxsize=1024)
def claims(prompt: str, persona: Persona) -> Claims:
    """``Claims``, made once for each prompt and card."""
    return Claims(prompt, persona)


def first_words(text: str, count: int = 12) -> str:
    """The beginning of a text, for reasons."""
    found = text.split()
    return " ".join(found[:count]) + (" …" if len(found) > count else "")


def is_empty(reply: str) -> bool:
    """Whether a reply has no word at all."""
    return not any(map(str.isalnum, reply))
