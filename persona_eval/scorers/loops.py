"""Repetition that no speaker means: what small models fall into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from persona_eval.text import is_unspaced, sentences, straighten, words

LONGEST_ROW = 32
"""Words of the longest unit that is looked for back to back."""
CLAUSES = range(4, 9)
"""Words of the units that are counted wherever they stand."""
SHORTEST, RUN, TIMES, CIRCLING = 16, 4, 3, 0.5
"""A text of so many words circles when runs of so many words, one of them so often, make up this
share of it."""
LIST_WORDS = 5
"""Up to so many words an honest list starts with the same ones: "I want to be a …"."""
_GLUE = frozenset(
    (
        "a",
        "an",
        "the",
        "of",
        "to",
        "and",
        "or",
        "is",
        "are",
        "was",
        "in",
        "on",
        "at",
        "my",
        "your",
        "his",
        "her",
        "with",
        "for",
        "that",
    )
)


@dataclass(frozen=True)
class Repeat:
    """A text that comes ``count`` times where ``allowed`` are; ``row``: back to back."""

    text: str
    count: int
    allowed: int
    row: bool

    @property
    def excess(self) -> float:
        return self.count / self.allowed


def worst_repeat(text: str, limit: int) -> Repeat | None:
    """The repeat that strains its allowance most; None when nothing comes twice.
    ``limit`` is how often the same clause may come."""
    tokens = _tokens(text)
    found = [*_letters(text, limit)]
    if len(set(tokens)) < len(tokens):
        found += _rows(tokens, limit)
        found += _sentences(text, len(tokens), limit)
        found += _clauses(tokens, limit)
    return max(found, key=lambda repeat: repeat.excess, default=None)


def circling(text: str) -> float | None:
    """Which share of a text's runs of four words comes more than once, where that is half of
    them and one comes three times; else None. Of 1,995 labelled replies that pass none does so,
    of 85 that loop 74 do."""
    tokens = _tokens(text)
    runs = Counter(zip(*(tokens[start:] for start in range(RUN)), strict=False))
    if len(tokens) < SHORTEST or not runs or max(runs.values()) < TIMES:
        return None
    share = sum(count for count in runs.values() if count > 1) / runs.total()
    return share if share >= CIRCLING else None


def _tokens(text: str) -> list[str]:
    """Folded words; characters where a script writes no blanks."""
    return [
        token
        for word in words(text)
        for token in (word if is_unspaced(word) else (word.casefold(),))
    ]


def _allowed_in_row(unit: list[str], limit: int) -> int:
    """ "no no no" and "tick tock tick tock" are play, "the the the" and clauses are not."""
    if len(set(unit)) == 1:
        return limit if unit[0] in _GLUE else 3 * limit
    return 2 * limit if len(unit) == 2 else limit


def _rows(tokens: list[str], limit: int) -> Iterator[Repeat]:
    for size in range(1, min(LONGEST_ROW, len(tokens) // 2) + 1):
        start, length = _longest_row(tokens, size)
        unit = tokens[start : start + size]
        if length > 1 and not (size > 1 and len(set(unit)) == 1):
            yield Repeat(" ".join(unit), length, _allowed_in_row(unit, limit), row=True)


def _longest_row(tokens: list[str], size: int) -> tuple[int, int]:
    """Start and count of the longest back-to-back repetition of a unit of this size."""
    best_start = best = same = 0
    for index in range(size, len(tokens)):
        same = same + 1 if tokens[index] == tokens[index - size] else 0
        if same > best:
            best, best_start = same, index - size - same + 1
    return best_start, best // size + 1


def _sentences(text: str, total: int, limit: int) -> Iterator[Repeat]:
    """Whole sentences, wherever they stand. A refrain leaves room for other words."""
    said = Counter(tuple(_tokens(sentence)) for sentence in sentences(text))
    for unit, count in said.items():
        if len(set(unit)) > 2 and count > 1 and 2 * count * len(unit) >= total:
            yield Repeat(" ".join(unit), count, limit, row=False)


def _clauses(tokens: list[str], limit: int) -> Iterator[Repeat]:
    """Runs of words, wherever they stand; all but the longest only when the reply is mostly
    made of them."""
    for size in CLAUSES:
        units = zip(*(tokens[start:] for start in range(size)), strict=False)
        counted = Counter(unit for unit in units if len(set(unit)) > 2)
        allowed = 2 * limit if size <= LIST_WORDS else limit
        for unit, count in counted.most_common(1):
            if count > 1 and (size == CLAUSES[-1] or 2 * count * size >= len(tokens)):
                yield Repeat(" ".join(unit), count, allowed, row=False)


_SAME_LETTERS = regex.compile(r"(\S.{0,7}?)\1{9,}")


def _letters(text: str, limit: int) -> Iterator[Repeat]:
    """A few characters over and over inside a word, or signs: "Wheeeee" may, for a while."""
    for match in _SAME_LETTERS.finditer(straighten(text)):
        unit = match[1]
        yield Repeat(unit, len(match[0]) // len(unit), 10 * limit, row=True)
