"""Length, readability, questions, originality."""

from __future__ import annotations

import pytest
from exchanges import expectation, judge
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import ScorerError
from persona_eval.scorers.base import Score, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.rules_shape import SCORERS

EASY = (
    "The cat sat on the mat. The dog ran to the hut. We had a nap in the sun and then we had tea. It was fun. "
    * 2
)
HARD = (
    "Notwithstanding considerable institutional reluctance, the multinational organisation "
    "subsequently implemented comprehensive environmental sustainability regulations, demonstrating "
    "extraordinary administrative determination throughout successive governmental administrations, "
    "international negotiations, philosophical controversies and unanticipated technological "
    "transformations everywhere."
)


def score(name: str, argument: object, reply: str, **fields: object) -> Score:
    return judge(SCORERS, name, argument, reply, **fields)


@pytest.mark.parametrize(
    ("name", "argument", "reply", "wanted"),
    [
        ("words", {"min": 1, "max": 3}, "one two three", True),
        ("words", {"max": 3}, "one two three four", False),
        ("words", {"min": 1}, "...", False),
        ("words", 2, "I'm six-ish", True),
        ("words", 2, "just me here", False),
        ("sentences", {"max": 2}, "One. Two! Three?", False),
        ("sentences", 2, "One. Two!", True),
        ("words", {"max": 3}, "", True),
    ],
)
def test_counts(name: str, argument: object, reply: str, wanted: bool) -> None:
    assert score(name, argument, reply).passed is wanted


def test_a_count_is_explained() -> None:
    assert score("words", {"min": 3}, "one").reason == "1 word, fewer than 3"
    assert score("sentences", {"max": 1}, "A. B.").reason == "2 sentences, more than 1"


@pytest.mark.parametrize(
    ("argument", "mend"),
    [
        ({"min": 0}, "give `max`, or a `min` of 1"),
        ({}, "give `max`"),
        (None, "give `max`"),
        ({"min": 5, "max": 2}, "min 5 is above max 2"),
        ({"max": float("inf")}, "finite"),
        ("ten", "takes a number, or `min` and `max`"),
        (True, "in quotes"),
    ],
)
def test_a_band_without_bite_is_refused(argument: object, mend: str) -> None:
    with pytest.raises(ScorerError, match=mend):
        Registry(SCORERS).build(expectation("words", argument))


@given(words=st.integers(0, 30), limit=st.integers(1, 30))
def test_a_wider_band_passes_whatever_a_narrower_one_does(words: int, limit: int) -> None:
    reply = "bee " * words

    assert score("words", {"max": limit}, reply).passed is (words <= limit)
    assert score("words", {"min": limit}, reply).passed is (words >= limit)


def test_reading_grade_tells_easy_from_hard() -> None:
    easy, hard = score("reading_grade", 5, EASY), score("reading_grade", {"max": 5}, HARD)

    assert easy.passed is True
    assert hard.passed is False
    assert "above 5" in hard.reason


def test_reading_grade_does_not_judge_short_replies() -> None:
    assert (
        score("reading_grade", 5, "Too short.").skipped
        == "2 words are too few for a reading grade (30)"
    )


@pytest.mark.parametrize(
    "reply",
    [
        "Which one?",
        "Do you mean the red one or the blue one",
        "Hmm. what is that",
        "Which of the two do you want",
        "Oh, can you say it again",
        "どれですか？",
        "Really?!",
        'She said "why?" and left',
        "How many do you need",
        "It's nice, isn't it",
        "what about the boat",
    ],
)
def test_questions(reply: str) -> None:
    assert score("asks_question", None, reply).passed is True


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "?",
        "Look at http://a.example/?q=1 now.",
        "What a lovely day.",
        "When I was small, I dug.",
        "What I know is that it rains.",
        "Don't you worry.",
        "Is it hot!",
        "I know what you mean.",
        "Which is why I ran.",
        "Do be careful.",
        "Who knows.",
    ],
)
def test_no_questions(reply: str) -> None:
    assert score("asks_question", None, reply).passed is False


TRAINED = ("I dug a hole behind the old shed and found a spoon.", "Good night!")


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("I dug a hole behind the old shed and found a spoon!", 1.0),
        ("Well, i dug a hole in my garden and found nothing.", 4 / 11),
        ("Completely different words stand here.", 0.0),
    ],
)
def test_overlap_is_the_longest_run_that_a_training_reply_shares(reply: str, value: float) -> None:
    judged = score("not_memorised", None, reply, tools=Tools(training_replies=TRAINED))

    assert judged.value == pytest.approx(value)
    assert judged.passed is (value <= 0.6)


def test_a_run_does_not_go_over_the_border_of_two_training_replies() -> None:
    tools = Tools(training_replies=("red green", "blue gold"))

    assert score("not_memorised", None, "red green blue gold", tools=tools).value == 0.5


@pytest.mark.parametrize("training", [None, TRAINED])
def test_memorising_is_not_judged_without_data_or_words(training: tuple[str, ...] | None) -> None:
    judged = score("not_memorised", None, "Good night!", tools=Tools(training_replies=training))

    assert judged.passed is None
    assert judged.skipped


def test_a_limit_that_every_reply_meets_is_refused() -> None:
    with pytest.raises(ScorerError, match="less than 1"):
        Registry(SCORERS).build(expectation("not_memorised", 1.0))


@given(limit=st.floats(0, 0.99), lower=st.floats(0, 0.99))
def test_a_lower_overlap_limit_never_passes_more(limit: float, lower: float) -> None:
    tools = Tools(training_replies=TRAINED)
    reply = "I dug a hole behind nothing at all today"
    low, high = sorted((limit, lower))

    if score("not_memorised", low, reply, tools=tools).passed:
        assert score("not_memorised", high, reply, tools=tools).passed


def test_ten_thousand_words_are_judged() -> None:
    reply, tools = "some words of mine " * 2500, Tools(training_replies=TRAINED * 300)
    assert score("words", 5, reply).value == 10_000
    assert not score("sentences", 5, reply).passed
    assert not score("reading_grade", 5, reply).passed
    assert not score("asks_question", None, reply).passed
    assert score("not_memorised", 0.5, reply, tools=tools).passed
