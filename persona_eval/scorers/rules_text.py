"""Expectations about which texts a reply holds."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import regex
from pydantic import field_validator

from persona_eval.errors import ScorerError
from persona_eval.scorers.arguments import Texts
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.wording import listed, place, quote, tail
from persona_eval.text import finds, level, spans, straighten

TIME_LIMIT = 1.0
"""Seconds that `matches` may search one reply: sane patterns take microseconds."""


class _Phrases(Scorer):
    """What the expectations about texts share."""

    short: ClassVar[str | None] = "text"

    text: Texts
    """One text or a list. Whole words; curly and straight quotes are equal."""
    case: bool = False
    """Whether capital letters matter."""

    def found(self, reply: str) -> tuple[str, ...]:
        return tuple(phrase for phrase in self.text if finds(phrase, reply, self.case))

    def missing(self, reply: str) -> tuple[str, ...]:
        found = self.found(reply)
        return tuple(phrase for phrase in self.text if phrase not in found)


class ContainsAll(_Phrases):
    """Passes when the reply contains every one of the texts, as whole words."""

    name: ClassVar[str] = "contains_all"

    def judge(self, exchange: Exchange) -> Score:
        missing = self.missing(exchange.reply)
        found, wanted = len(self.text) - len(missing), len(self.text)
        if missing:
            return Score(False, f"does not contain {listed(missing)}", found, wanted)
        return Score(True, f"contains {listed(self.text)}", found, wanted)


class Contains(ContainsAll):
    """Passes when the reply contains the text, as whole words; of a list, every one."""

    name: ClassVar[str] = "contains"


class ContainsAny(_Phrases):
    """Passes when the reply contains at least one of the texts, as whole words."""

    name: ClassVar[str] = "contains_any"

    def judge(self, exchange: Exchange) -> Score:
        found = self.found(exchange.reply)
        if found:
            where = place(found[0], exchange.reply, self.case)
            return Score(True, f"contains {listed(found)} ({where})", len(found), 1)
        return Score(False, f"contains none of {listed(self.text, 'or')}", 0, 1)


class Never(_Phrases):
    """Passes when the reply contains none of the texts, as whole words."""

    name: ClassVar[str] = "never"

    def judge(self, exchange: Exchange) -> Score:
        found = self.found(exchange.reply)
        if not found:
            return Score(True, f"does not contain {listed(self.text, 'or')}", 0, 0)
        where = "; ".join(f"{quote(p)} {place(p, exchange.reply, self.case)}" for p in found)
        return Score(False, f"must never contain {where}", len(found), 0)


class _Edges(_Phrases):
    """What the expectations about the whole reply or its ends share."""

    def level(self, text: str) -> str:
        return level(text, self.case)

    def verdict(self, fits: tuple[str, ...], did: str, other: str) -> Score:
        if fits:
            return Score(True, f"{did} {quote(fits[0])}", fits[0])
        return Score(False, f"{other}, not {listed(self.text, 'or')}")


class Equals(_Edges):
    """Passes when the trimmed reply is the text, or one of a list; capitals do not matter."""

    name: ClassVar[str] = "equals"

    def judge(self, exchange: Exchange) -> Score:
        reply = self.level(exchange.reply)
        fits = tuple(text for text in self.text if self.level(text) == reply)
        return self.verdict(fits, "is", f"is {quote(exchange.reply)}")


class StartsWith(_Edges):
    """Passes when the trimmed reply starts with the text, or with one of a list: whole words,
    so that `No` does not fit `Nobody`; capitals do not matter."""

    name: ClassVar[str] = "starts_with"

    def judge(self, exchange: Exchange) -> Score:
        fits = tuple(text for text in self.text if self._starts(exchange.reply, text))
        return self.verdict(fits, "starts with", f"starts with {quote(exchange.reply[:40])}")

    def _starts(self, reply: str, text: str) -> bool:
        return next(spans(text, reply, self.case), (-1, 0))[0] == 0


class EndsWith(_Edges):
    """Passes when the trimmed reply ends with the text, or with one of a list: whole words;
    capitals do not matter."""

    name: ClassVar[str] = "ends_with"

    def judge(self, exchange: Exchange) -> Score:
        fits = tuple(text for text in self.text if self._ends(exchange.reply, text))
        return self.verdict(fits, "ends with", f"ends with {tail(exchange.reply)}")

    def _ends(self, reply: str, text: str) -> bool:
        length = len(self.level(reply))
        return any(end == length for _, end in spans(text, reply, self.case))


class Matches(Scorer):
    """Passes when the regular expression is found anywhere in the reply. Capitals matter unless
    it starts with `(?i)`. It may be written with straight or with curly quotes."""

    name: ClassVar[str] = "matches"
    short: ClassVar[str | None] = "pattern"

    pattern: str
    """Regular expression, in the syntax of Python's `regex`."""

    @field_validator("pattern")
    @classmethod
    def _usable(cls, pattern: str) -> str:
        try:
            matches_nothing = _compiled(pattern).search("", timeout=TIME_LIMIT) is not None
        except regex.error as error:
            raise ValueError(_what_is_wrong(pattern, error)) from error
        if matches_nothing:
            raise ValueError(
                f"`{pattern}` matches the empty text, so it could never fail: ask for at least "
                "one character (`+` for `*`), or write what is unwanted under `not: matches:`"
            )
        return pattern

    def judge(self, exchange: Exchange) -> Score:
        found = self._search(exchange.reply) or self._search(straighten(exchange.reply))
        if found:
            return Score(True, f"`{self.pattern}` finds {quote(found[0])}", found[0], self.pattern)
        return Score(False, f"`{self.pattern}` finds nothing", None, self.pattern)

    def _search(self, text: str) -> regex.Match[str] | None:
        try:
            return _compiled(self.pattern).search(text, timeout=TIME_LIMIT)
        except TimeoutError as error:
            raise ScorerError(
                f"`{self.pattern}` ran longer than {TIME_LIMIT:g} s on this reply: "
                "take out nested repetitions such as (a+)+"
            ) from error


@cache
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)


def _what_is_wrong(pattern: str, error: Any) -> str:
    """``error`` is a ``regex.error``, whose stubs leave out what it holds."""
    place = f" at character {error.pos + 1}" if error.pos is not None else ""
    return f"`{pattern}` is no regular expression: {error.msg}{place}"


SCORERS: tuple[type[Scorer], ...] = (
    Contains, ContainsAny, ContainsAll, Never, Equals, StartsWith, EndsWith, Matches,
)  # fmt: skip
