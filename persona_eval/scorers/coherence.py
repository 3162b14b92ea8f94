"""Word salad, stray tokens, sentences that fall apart: without a language model."""

from __future__ import annotations

import unicodedata
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import ClassVar

import regex

from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.lexicon import card_text, clauses, function_words
from persona_eval.scorers.phrases import pattern, word_list
from persona_eval.scorers.trained import Trained
from persona_eval.suite.card import Persona
from persona_eval.text import fold, sentences, straighten, words

MIN_FUNCTION_SHARE = 0.18
"""Least share of function words in English replies of 12 words and more: talk has 0.40 to 0.65,
terse notes 0.25, lists of unrelated words under 0.15."""
LONGEST_WORD = 25
"""Letters; longer ones are no English words."""

_TOKENS = regex.compile(
    r"<unused\d*>|<0x[0-9A-Fa-f]{2}>|\uFFFD|[\u2581\u0120\u010A]|[\uE000-\uF8FF]|[\x00-\x08\x0b\x0c\x0e-\x1f]|##\p{Ll}{2,}"
)
_LETTER_RUN = regex.compile(r"\p{L}+")
_CAMEL = regex.compile(r"\b\p{Ll}+\p{Lu}\p{Ll}+")
_STRETCHED = regex.compile(r"(\p{L})\1{2,}")
_NO_VOWEL = regex.compile(r"(?![hmnrsztpfgwbx]+$)[bcdfghjklmnpqrstvwxz]{5,}")
_MIXED = regex.compile(r"\p{L}+\d+\p{L}+\d*|\d+\p{L}{3,}\d+")


@cache
def _script(letter: str) -> str:
    name = unicodedata.name(letter, "").partition(" ")[0]
    return {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "HANGUL", "MICRO": "LATIN", "FULLWIDTH": "LATIN",
            "FEMININE": "LATIN", "MASCULINE": "LATIN", "MODIFIER": "LATIN"}.get(name, name)  # fmt: skip


def scripts(text: str) -> Counter[str]:
    """How many letters of each script a text has."""
    return Counter(map(_script, "".join(_LETTER_RUN.findall(text))))


@cache
def _card_scripts(persona: Persona) -> frozenset[str]:
    text = "\n".join(persona.voice.samples) or card_text(persona)
    return frozenset(scripts(text))


def stray_script(exchange: Exchange) -> str | None:
    """A run of letters of a script that neither the samples nor the prompt use."""
    known = _card_scripts(exchange.persona) | frozenset(scripts(exchange.prompt))
    for run in _LETTER_RUN.findall(exchange.reply):
        foreign = "".join(letter for letter in run if _script(letter) not in known)
        if foreign and known:
            return f"“{run[:20]}” is of another script"
    return None


def stray_token(exchange: Exchange) -> str | None:
    """A token that is no text: unused vocabulary, raw bytes, control characters."""
    found = _TOKENS.search(exchange.reply)
    return f"holds the token “{found[0]!a}”" if found else None


def broken_words(exchange: Exchange) -> str | None:
    """Two or more words that no language would have, or one in a short reply."""
    known = frozenset(words(fold(card_text(exchange.persona)))) | frozenset(
        words(fold(exchange.prompt))
    )
    text = straighten(exchange.reply)
    tokens = [word for word in words(text) if word.casefold() not in known]
    bad = [word for word in dict.fromkeys(tokens) if _is_broken(word)]
    bad += [
        word for word in _CAMEL.findall(text) if word.casefold() not in known and word not in bad
    ]
    allowed = 0 if len(words(text)) < 15 else 1
    return (
        f"broken words: {', '.join(word[:30] for word in bad[:4])}" if len(bad) > allowed else None
    )


def _is_broken(word: str) -> bool:
    if word.isupper() and len(word) < 6:
        return False
    plain = _STRETCHED.sub(r"\1", word.casefold())
    longest = max(map(len, plain.replace("'", "-").split("-")))
    return longest > LONGEST_WORD or bool(_NO_VOWEL.search(plain)) or bool(_MIXED.fullmatch(plain))


def no_grammar(exchange: Exchange) -> str | None:
    """Too few function words for English, where the samples are English. Clauses of five words
    and less do not count: terse talk and lists do without."""
    found = [
        word
        for part in clauses(exchange.reply)
        if len(words(part)) > 5
        for word in words(fold(part))
    ]
    if len(found) < 12 or not _english(exchange.persona):
        return None
    share = sum(word in function_words() for word in found) / len(found)
    least = min(MIN_FUNCTION_SHARE, _sample_share(exchange.persona) / 2)
    return f"only {share:.0%} function words" if share < least else None


@cache
def _sample_share(persona: Persona) -> float:
    """Share of function words in the samples; that of common English talk without samples."""
    found = words(fold(" ".join(persona.voice.samples)))
    return sum(word in function_words() for word in found) / len(found) if found else 0.5


def _english(persona: Persona) -> bool:
    return _sample_share(persona) > 0.2


def torn_sentences(exchange: Exchange) -> str | None:
    """Pairs of words that cannot follow each other (``the of``), and sentences that end on an
    article: one in a short reply, two in a longer one."""
    if not _english(exchange.persona):
        return None
    text = fold(exchange.reply)
    torn = [match[0] for match in pattern("coherence", "torn").finditer(text)]
    if not torn:
        return None
    said = fold(card_text(exchange.persona))
    torn = [part for part in torn if part.strip(" .!?") not in said]
    return f"falls apart at “{torn[0]}”" if len(torn) > len(words(text)) // 60 else None


def doubled_words(exchange: Exchange) -> str | None:
    """Small words doubled (``the the``) in two places; once may be a stammer."""
    if not _english(exchange.persona):
        return None
    tokens = words(fold(exchange.reply))
    doubles = word_list("coherence", "doubles")
    found = [a for a, b in pairwise(tokens) if a == b and a in doubles]
    return f"doubles “{found[0]} {found[0]}”" if len(found) > 1 + len(tokens) // 80 else None


def endless(exchange: Exchange) -> str | None:
    """A sentence of more words than three of the samples' longest, at least 90."""
    told = max((len(words(s)) for s in sentences(exchange.reply)), default=0)
    return f"a sentence of {told} words" if told > _longest(exchange.persona) else None


@cache
def _longest(persona: Persona) -> int:
    said = (len(words(s)) for sample in persona.voice.samples for s in sentences(sample))
    return max(90, 3 * max(said, default=0))


CHECKS = (
    stray_token,
    stray_script,
    broken_words,
    no_grammar,
    torn_sentences,
    doubled_words,
    endless,
)


class Coherent(Trained):
    """Passes when the reply is no word salad: no stray tokens of unused vocabulary or another
    script than the samples', no broken words, no sentences that fall apart."""

    name: ClassVar[str] = "coherent"
    like: ClassVar[tuple[str, str]] = ("hang together", "fall apart")
    accepts_in_pack: ClassVar[float | None] = 0.15
    rules_reject: ClassVar[bool] = True

    def by_rules(self, exchange: Exchange) -> Score:
        if not exchange.reply.strip():
            return Score(False, "the reply is empty")
        for check in CHECKS:
            if found := check(exchange):
                return Score(False, found)
        return Score(True, "no word salad found")


SCORERS: tuple[type[Scorer], ...] = (Coherent,)
