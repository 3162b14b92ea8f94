"""Replies that repeat each other, and openings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lint_data import conversation

from persona_eval.lint.duplicates import (
    copies,
    duplicate_findings,
    opening,
    opening_findings,
    validation_findings,
)
from persona_eval.lint.grams import HOLDERS, GramIndex, grams
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, folded_words, said_by

WORDS = st.sampled_from(
    ["mud", "goat", "kettle", "hill", "pond", "mill", "crow", "hat", "kite", "drum"]
)
REPLIES = st.lists(st.lists(WORDS, max_size=14).map(tuple), max_size=12)


def said(*texts: str) -> list[Spoken]:
    return said_by("assistant", [conversation("Hm?", text, n) for n, text in enumerate(texts, 1)])


def found(replies: list[tuple[str, ...]]) -> dict[int, int]:
    return copies(replies, GramIndex(replies), 0.5)


@given(REPLIES, st.lists(WORDS, min_size=4, max_size=14).map(tuple), st.data())
def test_the_same_text_twice_is_always_found(replies, text, data):
    place = data.draw(st.integers(0, len(replies)))
    got = found([*replies[:place], text, *replies[place:], text])
    assert len(replies) + 1 in got


@given(REPLIES)
def test_copies_point_at_replies_that_stay(replies):
    got = found(replies)
    assert set(got).isdisjoint(got.values())
    assert all(len(replies[number]) >= 4 for number in got)


@given(REPLIES)
def test_the_order_does_not_matter_to_whether_anything_is_found(replies):
    assert bool(found(replies)) == bool(found(replies[::-1]))


def test_more_copies_than_an_index_holds():
    text = folded_words("The goat ate the kettle on the hill again.")
    assert len(found([text] * (HOLDERS + 20))) == HOLDERS + 19


def test_half_of_the_runs_of_the_shorter_reply():
    whole = "We found a pumpkin by the pond and then it rolled into the mill."
    half = "We found a pumpkin by the pond, and then it sneezed at us."
    (finding,) = duplicate_findings(*_indexed(whole, half))
    assert finding.message == (
        "replies that repeat half of another or more: 1 of 2; write others in their place, 1 of "
        "under 20 words"
    )
    assert finding.examples[0].line == 2
    assert finding.examples[0].text.endswith("as in line 1")
    assert list(duplicate_findings(*_indexed(whole, "We found a pumpkin in town."))) == []


def _indexed(*texts: str) -> tuple[list[Spoken], GramIndex, Limits]:
    replies = said(*texts)
    return replies, GramIndex(reply.words for reply in replies), Limits()


def test_short_replies_are_anybodys():
    assert list(duplicate_findings(*_indexed(*["Night night!"] * 9))) == []


def test_runs_of_four_words():
    assert grams(("a", "b", "c", "d", "e")) == {("a", "b", "c", "d"), ("b", "c", "d", "e")}
    assert grams(("a", "b", "c")) == frozenset()


@given(st.lists(st.lists(WORDS, min_size=1, max_size=5), min_size=1, max_size=60))
def test_openings_are_reported_exactly_where_they_are_too_many(texts):
    replies = said(*(" ".join(words) for words in texts))
    allowed = max(len(replies) // 20, 4)
    counts = {finding.name: finding.count for finding in opening_findings(replies, Limits())}
    for reply in replies:
        words = opening(reply.words)
        alike = sum(opening(other.words) == words for other in replies)
        assert words is None or (alike > allowed) == (" ".join(words) in counts)
        assert words is None or counts.get(" ".join(words), alike) == alike


def test_an_opening_says_how_many_to_change():
    replies = said(
        *(f"Ooh, I dunno about {n}!" for n in range(8)), *(f"w{n} x y" for n in range(92))
    )
    (finding,) = opening_findings(replies, Limits())
    assert finding.message == (
        "replies that open with “ooh i dunno”: 8 of 100 (8%), more than 5%; begin 3 of them "
        "another way"
    )


def test_validation_replies_that_stand_in_the_training_data():
    replies, index, limits = _indexed("The crow stole a button from the barn today.", "Yes!")
    valid = said("The crow stole a button from the mill.", "Yes!", "A kite is up in the tree now.")
    (finding,) = validation_findings(replies, index, valid, limits)
    assert "1 of 3" in finding.message
