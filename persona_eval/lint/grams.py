"""Runs of four words, and which texts hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

RUN = 4
"""Words of a run."""
SHARED = 3
"""Fewest shared runs that mean anything: six words in a row."""
HOLDERS = 100
"""Holders that are kept of a run: one that more texts hold is a turn of phrase, and what copies
more texts than that is found by another run, or as the same text."""

Gram = tuple[str, ...]


class Near(NamedTuple):
    """A text of the index that shares runs with another."""

    text: int
    """Its number in the index."""
    shared: int


def grams(words: Sequence[str]) -> frozenset[Gram]:
    """All runs of four words."""
    return frozenset(tuple(words[start : start + RUN]) for start in range(len(words) - RUN + 1))


class GramIndex:
    """Texts by the runs of words that they hold."""

    def __init__(self, texts: Iterable[Sequence[str]]):
        self.grams = [grams(text) for text in texts]
        self._holders: dict[Gram, list[int]] = {}
        for index, held in enumerate(self.grams):
            for gram in held:
                holders = self._holders.setdefault(gram, [])
                if len(holders) < HOLDERS:
                    holders.append(index)

    def near(self, held: frozenset[Gram], but: int | None = None) -> list[Near]:
        """Texts that share ``SHARED`` runs or more, most first; ``but`` is left out."""
        counts = Counter(text for gram in held for text in self._holders.get(gram, ()))
        return [Near(i, n) for i, n in counts.most_common() if n >= SHARED and i != but]


def copied(
    words: Sequence[str], texts: GramIndex, least: float, but: int | None = None
) -> set[int]:
    """Texts of the index that hold this share of the runs of a text."""
    held = grams(words)
    return {text for text, shared in texts.near(held, but) if shared >= least * len(held)}
