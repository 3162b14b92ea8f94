"""Which texts a reply holds."""

from __future__ import annotations

import unicodedata

import pytest
from exchanges import exchange, expectation, judge
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import ScorerError
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.rules_text import SCORERS

LATIN = st.text(
    st.characters(codec="latin-1", categories=["Ll", "Lu", "Nd"]), min_size=1, max_size=8
)


def passes(name: str, argument: object, reply: str) -> bool | None:
    return judge(SCORERS, name, argument, reply).passed


def refusal(name: str, argument: object) -> str:
    with pytest.raises(ScorerError) as refused:
        Registry(SCORERS).build(expectation(name, argument))
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "argument", "reply", "wanted"),
    [
        ("contains", "Moss", "That's moss!", True),
        ("contains", "Moss", "Mossy stones.", False),
        ("contains", "don't know", "I don’t  know", True),
        ("contains", {"text": "Moss", "case": True}, "moss", False),
        ("contains", ["a hat", "a cat"], "a cat in a hat", True),
        ("contains", ["a hat", "a cat"], "a cat", False),
        ("contains", 42, "It is 42.", True),
        ("contains", "?", "Who?", True),
        ("contains", "東京", "私は東京に住んでいます", True),
        ("contains", "की", "राम की किताब", True),
        ("contains", "क", "राम की किताब", False),
        ("contains_any", ["red", "blue"], "The blue one", True),
        ("contains_any", ["red", "blue"], "The green one", False),
        ("contains_all", ["red", "blue"], "blue and red", True),
        ("never", "Paris", "It's PARIS!", False),
        ("never", "Paris", "Parisian bread", True),
        ("never", ["Paris"], "", True),
        ("contains", "x", "", False),
        ("equals", "Yes.", "  yes. \n", True),
        ("equals", ["No", "Yes"], "yes", True),
        ("equals", {"text": "Yes", "case": True}, "yes", False),
        ("starts_with", "Well", "well, maybe", True),
        ("starts_with", "No", "Nobody knows", False),
        ("ends_with", "?", "Which one? ", True),
        ("ends_with", "one", "That one", True),
        ("ends_with", "one", "I'm done", False),
        ("ends_with", "a a", "a a a", True),
        ("ends_with", "far too long for it", "it", False),
        ("matches", r"\d+ paws", "I have 4 paws", True),
        ("matches", r"\d+ paws", "I have four paws", False),
        ("matches", "I'm", "I’m here", True),
        ("matches", "I’m", "I’m here", True),
        ("matches", "(?i)moss", "MOSS", True),
    ],
)
def test_texts(name: str, argument: object, reply: str, wanted: bool) -> None:
    assert passes(name, argument, reply) is wanted


def test_reason_says_what_was_found_and_where() -> None:
    score = judge(SCORERS, "never", ["Paris", "Rome"], "Hmm. I think it's Paris!")

    assert score.reason == "must never contain “Paris” in sentence 2, “I think it's Paris!”"
    assert (score.value, score.limit) == (1, 0)


def test_reason_says_what_is_missing() -> None:
    score = judge(SCORERS, "contains_all", ["hat", "cat", "bat"], "a hat")

    assert score.reason == "does not contain “cat” and “bat”"
    assert (score.value, score.limit) == (1, 3)


def test_a_phrase_over_two_sentences_is_quoted_from_the_reply() -> None:
    assert "in “No. Way.”" in judge(SCORERS, "contains_any", "no. way", "No. Way.").reason


@pytest.mark.parametrize(
    ("name", "argument", "mend"),
    [
        ("contains", [], "name at least one text"),
        ("never", "  ", "take it out or write one"),
        ("contains", True, "put it in quotes"),
        ("contains", 1.5, "put it in quotes"),
        ("contains", None, "needs `text`"),
        ("matches", "a*", "`+` for `*`"),
        ("matches", "^(?!.*no)", "`not: matches:`"),
        ("matches", "(a", "missing ) at character 3"),
    ],
)
def test_what_cannot_fail_is_refused_with_a_mend(name: str, argument: object, mend: str) -> None:
    assert mend in refusal(name, argument)


def test_a_runaway_pattern_is_an_error_of_the_scorer() -> None:
    scorer = Registry(SCORERS).build(expectation("matches", "(a|aa)+$"))

    with pytest.raises(ScorerError, match="ran longer"):
        scorer.judge(exchange("a" * 4000 + "b"))


def test_ten_thousand_words_and_control_characters_are_no_trouble() -> None:
    reply = "\x00\x1b word" * 10_000 + " Paris"

    assert passes("never", "Paris", reply) is False
    assert passes("never", "Rome", reply)


@given(phrase=LATIN, before=LATIN, after=LATIN)
def test_case_and_composition_of_letters_do_not_matter(
    phrase: str, before: str, after: str
) -> None:
    reply = f"{before} {phrase} {after}"

    assert passes("contains", phrase.upper(), reply)
    assert passes("contains", phrase, unicodedata.normalize("NFD", reply))
    assert passes("contains", unicodedata.normalize("NFD", phrase), reply.lower())


@given(phrase=LATIN, reply=st.text(max_size=40))
def test_never_is_the_exact_opposite_of_contains_any(phrase: str, reply: str) -> None:
    assert passes("never", phrase, reply) is not passes("contains_any", phrase, reply)


@given(reply=st.text(max_size=60))
def test_any_reply_is_judged(reply: str) -> None:
    for name in ("contains", "never", "equals", "starts_with", "ends_with", "matches"):
        assert passes(name, "no way", reply) in (True, False)
