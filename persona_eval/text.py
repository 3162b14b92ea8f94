"""Plain text, as all rooms understand it: folding, words, sentences."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

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


@lru_cache(maxsize=4096)
def straighten(text: str) -> str:
    """Compose accents, and make curly quotes, long dashes and hard spaces plain."""
    return unicodedata.normalize("NFKC", text.translate(_QUOTES)).translate(_QUOTES)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """``straighten``, then fold case and runs of white space: for comparing."""
    return " ".join(straighten(text).casefold().split())


def words(text: str) -> list[str]:
    """Words of a text, apostrophes and hyphens inside kept: ``I'm``, ``six-year-old``."""
    return list(_words(text))


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(straighten(text)))


def sentences(text: str) -> list[str]:
    """Sentences of a text, each with its closing marks; line breaks separate too."""
    return [part.strip() for part in _SENTENCE_END.split(straighten(text)) if part.strip()]


def level(text: str, case: bool = False) -> str:
    """The text as phrases are looked for in it: ``fold``-ed, or ``straighten``-ed with blanks
    made single when ``case`` matters."""
    return " ".join(straighten(text).split()) if case else fold(text)


def spans(phrase: str, text: str, case: bool = False) -> Iterator[tuple[int, int]]:
    """Start and end of each place in the ``level``-led text where the phrase stands between
    word borders. A border is only asked for where the phrase has a letter of a script that
    writes blanks between words."""
    text, phrase = level(text, case), level(phrase, case)
    at_left, at_right = _has_border(phrase[:1]), _has_border(phrase[-1:])
    start = text.find(phrase)
    while start >= 0:
        end = start + len(phrase)
        inside = (at_left and _is_letter(text[start - 1 : start])) or (
            at_right and _is_letter(text[end : end + 1])
        )
        if not inside:
            yield start, end
        start = text.find(phrase, start + 1)


def finds(phrase: str, text: str, case: bool = False) -> bool:
    """Whether the phrase stands in the text, word-bounded; letters' case is ignored unless
    ``case`` is set."""
    return any(True for _ in spans(phrase, text, case))


def is_unspaced(text: str) -> bool:
    """Whether a text holds letters of a script that writes no blanks between words."""
    return _UNSPACED.search(text) is not None


def _has_border(letter: str) -> bool:
    return _is_letter(letter) and not is_unspaced(letter)


def _is_letter(sign: str) -> bool:
    return sign != "" and unicodedata.category(sign)[0] in "LMN"
