"""Plain text, as all rooms understand it: folding, words, sentences."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

import regex

_QUOTES = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "‛": "'",
        "ʼ": "'",
        "′": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
    }
    | {"–": "-", "—": "-", "‐": "-", "‑": "-", "…": "...", "\u00a0": " "}
)
# Marks belong to letters: Hindi and Thai write most vowels so.
_LETTER = r"[\p{L}\p{M}\p{N}]"
_WORD = regex.compile(rf"{_LETTER}+(?:['\-]{_LETTER}+)*")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_SENTENCE_END = regex.compile(r"(?<=[.!?。！？]['\")\]]*)\s+|\n+")


def straighten(text: str) -> str:
    """Compose accents, and make curly quotes, long dashes and hard spaces plain."""
    return unicodedata.normalize("NFKC", text.translate(_QUOTES)).translate(_QUOTES)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """``straighten``, then fold case and runs of white space: for comparing."""
    return " ".join(straighten(text).casefold().split())


def words(text: str) -> list[str]:
    """Words of a text, apostrophes and hyphens inside kept: ``I'm``, ``six-year-old``."""
    return _WORD.findall(straighten(text))


def sentences(text: str) -> list[str]:
    """Sentences of a text, each with its closing marks; line breaks separate too."""
    return [part.strip() for part in _SENTENCE_END.split(straighten(text)) if part.strip()]


@cache
def phrase_pattern(phrase: str, case: bool = False) -> regex.Pattern[str]:
    """Pattern that finds a phrase between word borders in ``fold``-ed text (``straighten``-ed
    text when ``case`` matters). A border is only asked for where the phrase has a letter of a
    script that writes blanks between words."""
    text = straighten(phrase).strip() if case else fold(phrase)
    body = r"\s+".join(regex.escape(part) for part in text.split())
    left = rf"(?<!{_LETTER})" if _has_border(text[:1]) else ""
    right = rf"(?!{_LETTER})" if _has_border(text[-1:]) else ""
    return regex.compile(left + body + right)


def _has_border(letter: str) -> bool:
    return regex.fullmatch(_LETTER, letter) is not None and not is_unspaced(letter)


def is_unspaced(text: str) -> bool:
    """Whether a text holds letters of a script that writes no blanks between words."""
    return _UNSPACED.search(text) is not None


def finds(phrase: str, text: str, case: bool = False) -> bool:
    """Whether the phrase stands in the text, word-bounded; letters' case is ignored unless
    ``case`` is set."""
    if fold(phrase) not in (folded := fold(text)):
        return False  # most phrases are not there, and compiling a pattern costs 2 ms
    return phrase_pattern(phrase, case).search(straighten(text) if case else folded) is not None
