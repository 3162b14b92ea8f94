"""Finished, and not going round in circles."""

from __future__ import annotations

import pytest
from exchanges import judge
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.scorers.base import Score
from persona_eval.scorers.rules_form import SCORERS
from persona_eval.suite.card import Persona


def complete(reply: str, **fields: object) -> Score:
    return judge(SCORERS, "complete", None, reply, **fields)


def no_loops(reply: str, limit: int | None = None) -> Score:
    return judge(SCORERS, "no_loops", limit, reply)


@pytest.mark.parametrize(
    "reply",
    [
        "I like the sea.",
        "I like the sea",
        "…and then the goat fell in",
        "we leaned over too far and Biscuit tumbled in",
        "the door was open so the ducks just wandered in",
        "he wouldn't stop, so he climbed on",
        "no",
        "Moss",
        "ok :)",
        "see you later <3",
        "Aww… ",
        "I saw it, and then…",
        "Wheee 🎈",
        "I love you 💜",
        'She said "come in".',
        'My favourite is "The Big Dig"',
        "I got an A",
        "what are you looking at",
        "someone to play with",
        "I don't want to",
        "that's where I come from",
        "I think so",
        "it's what I'm made of",
        "what if",
        "yes it is",
        "you and I",
        "Hmm",
        "and then it went brrr",
        "we were laughing so much lol",
        "i was goin on and on about nothin",
        "we found nothing at all, not even a sock",
        "let's ring Wil",
        "Ich rufe dich an",
        "それは知らない",
        "I'm six (and a half)",
        "Sad :(",
        "*waves*",
        "I had 5' 6\" of rope!",
        "Alright, bye now xx",
        "We played in the garden and had fun",
        "that one's mine and this one's yours",
        "we live on plan b",
    ],
)
def test_whole_replies(reply: str) -> None:
    assert complete(reply, persona=Persona(name="Wil")).passed is True, complete(reply).reason


@pytest.mark.parametrize(
    "reply",
    [
        "I went to the shop and",
        "I went to the",
        "We looked, but",
        "First a bucket,",
        "I want three things;",
        "It was so wonder-",
        "He said “I want to",
        'He said "',
        'He said "come here and we',
        "My cousin (the tall one",
        "Put it on the shelf with my",
        "It's blue. I",
        "So I asked him and he",
        "It rained because it",
        "I don'",
        "I know that they'",
        "We were going to have a par",
        "I found a big shiny but",
        "And then I never",
        "I was walking down the str",
        "My best friend lives in",
        "That's the end of",
        "I like it very",
        "Mum didn",
        "The best thing is",
        "We waited until",
        "I gave it to Mr",
        "She told me that I'm",
        "I ran all the way and then",
        "Salt & pepper &",
        "",
        "  \n",
    ],
)
def test_cut_replies(reply: str) -> None:
    assert complete(reply).passed is False


def test_the_token_limit_cuts_whatever_the_text_looks_like() -> None:
    score = complete("All is well.", finish_reason="length")

    assert score.passed is False
    assert score.reason == "cut at the token limit: “All is well.”"


def test_a_cut_is_shown() -> None:
    assert complete("I went to the").reason == "breaks off with “the”: “I went to the”"


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "No no no, that's not it!",
        "It was very very very very big.",
        "Tick tock tick tock tick tock, said the clock.",
        "Ha ha ha ha ha ha!",
        "Wheeeeeeeeeeeee!",
        "hahahahahaha stop",
        "I want to be a pilot. I want to be a baker. I want to be a diver. I want to be a cook.",
        "Dig, dig, dig! We go down. Dig, dig, dig! We go round. Dig, dig, dig! Up we come. "
        "Dig, dig, dig! Into the sun.",
        "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily, "
        "life is but a dream.",
        "I like it. I like it. I like it.",
        "......",
    ],
)
def test_play_is_no_loop(reply: str) -> None:
    assert no_loops(reply).passed is True, no_loops(reply).reason


@pytest.mark.parametrize(
    "reply",
    [
        "I like cake. " * 4,
        "Hello! " + "and then we go " * 5,
        "I see the the the the the sea",
        "no " * 30,
        "tick tock " * 10,
        "a" * 60,
        "ha" * 40,
        "😂" * 40,
        "私は猫が好きです" * 5,
        "First. "
        + " ".join(f"I really like to play with my friends all day, {n}." for n in "abcd"),
        "I like the sea. You are nice. I like the sea. It is fun. I like the sea. "
        "Well now. I like the sea.",
    ],
)
def test_loops(reply: str) -> None:
    assert no_loops(reply).passed is False


def test_a_loop_is_counted() -> None:
    score = no_loops("So we go up. " * 6)

    assert score.reason == "“so we go up” 6 times in a row, more than 3"
    assert (score.value, score.limit) == (6, 3)


@given(times=st.integers(1, 12), limit=st.integers(1, 10))
def test_a_clause_may_come_exactly_as_often_as_the_limit_says(times: int, limit: int) -> None:
    assert no_loops("We go up. " * times, limit).passed is (times <= limit)


@given(reply=st.text(max_size=80))
def test_any_reply_is_judged(reply: str) -> None:
    assert complete(reply).passed in (True, False)
    assert no_loops(reply).passed in (True, False)


def test_ten_thousand_words_are_judged() -> None:
    assert no_loops(" ".join(f"word{n}" for n in range(10_000))).passed
    assert no_loops(" ".join(f"word{n % 977}" for n in range(10_000))).passed is False
    assert complete("we walk on " * 3_000 + "and").passed is False
