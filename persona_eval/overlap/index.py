"""The longest stretch of words that a text shares with any one of many others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from persona_eval.text import words

COPIED = 0.6
"""A reply of which more than this share stands in a row in one training reply is a copy."""


class Stretch(NamedTuple):
    """Words ``start`` to ``end`` of what was looked up, the first of the longest that are shared,
    and the first text of the index that holds them in a row: None where no word is shared."""

    start: int
    end: int
    text: int | None

    @property
    def words(self) -> int:
        return self.end - self.start


class StretchIndex:
    """Texts, as the automaton of all stretches of words in them (Blumer et al., Theoretical
    Computer Science 1985, 40:31–55), each text begun at its root: at most two states a word, and
    a few steps a word to build and to look up, however often the texts repeat themselves.

    A state stands for stretches that occur at the same places. It has the states that one more
    word leads to, the length of its longest stretch, the first text that holds it, and a link to
    the state of its longest endings that occur elsewhere too.
    """

    def __init__(self, texts: Iterable[Sequence[str]]):
        self._next: list[dict[str, int]] = [{}]
        self._length, self._link, self._text = [0], [-1], [-1]
        for number, text in enumerate(texts):
            state = 0
            for word in text:
                state = self._follow(state, word, number)

    def longest(self, text: Sequence[str]) -> Stretch:
        """The longest stretch that is shared with any one text."""
        best = Stretch(0, 0, None)
        state = length = 0
        for end, word in enumerate(text, 1):
            while state and word not in self._next[state]:
                state = self._link[state]
                length = self._length[state]
            if word in self._next[state]:
                state, length = self._next[state][word], length + 1
            if length > best.words:
                best = Stretch(end - length, end, self._text[state])
        return best

    def _follow(self, state: int, word: str, text: int) -> int:
        """The state of what was read of a text, one word on."""
        if word in self._next[state]:
            return self._exactly(state, word)
        new = self._add({}, self._length[state] + 1, 0, text)
        while state >= 0 and word not in self._next[state]:
            self._next[state][word] = new
            state = self._link[state]
        if state >= 0:
            self._link[new] = self._exactly(state, word)
        return new

    def _exactly(self, state: int, word: str) -> int:
        """The state of the longest stretch of ``state`` with this word, split off from longer
        ones that share its state."""
        shared = self._next[state][word]
        length = self._length[state] + 1
        if self._length[shared] == length:
            return shared
        own = self._add(dict(self._next[shared]), length, self._link[shared], self._text[shared])
        self._link[shared] = own
        while state >= 0 and self._next[state].get(word) == shared:
            self._next[state][word] = own
            state = self._link[state]
        return own

    def _add(self, following: dict[str, int], length: int, link: int, text: int) -> int:
        self._next.append(following)
        self._length.append(length)
        self._link.append(link)
        self._text.append(text)
        return len(self._next) - 1


def folded_words(text: str) -> list[str]:
    """Words of a text, without case and marks."""
    return [word.casefold() for word in words(text)]


@lru_cache(maxsize=4)
def index_of(texts: tuple[str, ...]) -> StretchIndex:
    """The index of these texts by their words, case and marks left out."""
    return StretchIndex(map(folded_words, texts))
