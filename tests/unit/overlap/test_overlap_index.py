"""The longest stretch of words that a text shares with any one of many others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.overlap.index import Stretch, StretchIndex, folded_words, index_of

WORDS = st.lists(st.sampled_from("abc"), max_size=14)
"""Few different words, so that texts repeat themselves and each other."""

LEARNT = (
    "I dug a hole behind the old shed.",
    "Mum said: behind the old shed lives a toad.",
)


@pytest.mark.parametrize(
    ("reply", "shared", "text"),
    [
        ("I DUG a hole, behind the old shed", "i dug a hole behind the old shed", 0),
        ("Something lives behind the old shed", "behind the old shed", 0),
        ("The old shed lives on", "the old shed lives", 1),
        ("Toad, toad!", "toad", 1),
        ("Nothing of that.", "", None),
        ("", "", None),
    ],
)
def test_the_longest_stretch_and_the_first_text_that_has_it(
    reply: str, shared: str, text: int | None
) -> None:
    spoken = folded_words(reply)
    found = index_of(LEARNT).longest(spoken)
    assert (" ".join(spoken[found.start : found.end]), found.text) == (shared, text)


def test_a_stretch_lies_in_one_text() -> None:
    assert StretchIndex(["ab", "cd"]).longest("abcd") == Stretch(0, 2, 0)


def test_without_texts_nothing_is_shared() -> None:
    assert StretchIndex([]).longest("ab") == Stretch(0, 0, None)


@given(st.lists(WORDS, max_size=6), WORDS)
def test_as_a_search_through_all_stretches_finds_it(
    texts: list[list[str]], text: list[str]
) -> None:
    assert StretchIndex(texts).longest(text) == searched(texts, text)


@given(st.lists(WORDS, max_size=6))
def test_no_more_than_two_states_a_word(texts: list[list[str]]) -> None:
    size = len(StretchIndex(texts)._length)
    assert size <= 1 + 2 * sum(map(len, texts))


def searched(texts: Sequence[Sequence[str]], text: Sequence[str]) -> Stretch:
    """The same, by trying every stretch in every text, longest and earliest first."""
    for length in range(len(text), 0, -1):
        for start in range(len(text) - length + 1):
            wanted = list(text[start : start + length])
            for number, other in enumerate(texts):
                if any(
                    list(other[at : at + length]) == wanted for at in range(len(other) - length + 1)
                ):
                    return Stretch(start, start + length, number)
    return Stretch(0, 0, None)
