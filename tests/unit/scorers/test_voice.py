"""In voice: nearer to the card's samples than to a generic assistant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.scorers.phrases import sections
from persona_eval.scorers.voice import InVoice, catchphrases, features, profile
from persona_eval.suite.card import Persona, Voice

VOICES = ["wren", "morgan", "pemberton", "rusk", "juno", "olga"]


@pytest.mark.parametrize("who", VOICES)
def test_most_replies_in_voice_pass(judge, characters, who):
    said = characters[who]["said"]
    passed = [reply for reply in said if judge(InVoice(), who, "Hi", reply).passed]
    assert len(passed) >= 0.6 * len(said)


@pytest.mark.parametrize("who", VOICES)
def test_stripped_replies_fail(judge, characters, who):
    for reply in characters[who]["plain"]:
        score = judge(InVoice(), who, "Hi", reply)
        assert score.passed is False, score.reason


@pytest.mark.parametrize("who", VOICES)
def test_the_assistant_fails(judge, who):
    replies = sections("voices")["assistant"]
    passed = [reply for reply in replies if judge(InVoice(), who, "Hi", reply).passed]
    assert len(passed) <= 0.05 * len(replies)


@pytest.mark.parametrize("reply", ["Yes.", "No!", "Acorns?", "Hm."])
def test_one_word_leans_to_pass(judge, reply):
    assert judge(InVoice(), "wren", "Hi", reply).passed


def test_without_samples_it_skips(judge):
    score = judge(InVoice(), Persona(name="X", voice=Voice(samples=("Hi.",) * 4)), "Hi", "Hello.")
    assert score.passed is None
    assert score.skipped == "the card has 4 voice samples; 5 are needed"


def test_without_words_it_skips(judge):
    assert judge(InVoice(), "wren", "Hi", "🐿️").passed is None


def test_few_samples_are_said_in_the_reason(judge):
    assert "unsure with 14 samples" in judge(InVoice(), "wren", "Hi", "I love it!").reason


def test_nothing_but_catchphrases_fails(judge):
    score = judge(InVoice(), "wren", "Hi", "Nutty noodles! Stamp it! Nutty noodles!")
    assert score.passed is False
    assert score.reason == "nothing but catchphrases"


def test_stuffing_catchphrases_fails(judge):
    reply = "Nutty noodles! It is wet. Nutty noodles! Stamp it! Stamp it!"
    assert judge(InVoice(), "wren", "Hi", reply).reason == "stuffed with 4 catchphrases"


@pytest.mark.parametrize("phrase", ["!!!", "...", "🐾", "?!"])
def test_a_catchphrase_of_marks_alone_is_counted_where_it_stands(judge, characters, phrase):
    card = characters["wren"]["card"]
    voice = card.voice.model_copy(update={"catchphrases": (phrase,)})
    marked = card.model_copy(update={"voice": voice})
    plain = "I dropped the letter in the soup again today."
    assert judge(InVoice(), marked, "Hi", plain) == judge(InVoice(), card, "Hi", plain)
    assert catchphrases(f"{plain} Oh {phrase} no", marked) == [phrase]


def test_the_same_catchphrase_twice_counts_once(judge):
    once = judge(
        InVoice(), "wren", "Hi", "Nutty noodles! I dropped the letter in the soup again today."
    )
    twice = judge(
        InVoice(),
        "wren",
        "Hi",
        "Nutty noodles! Nutty noodles! I dropped the letter in the soup again today.",
    )
    assert once.value == pytest.approx(twice.value, abs=0.15)


def test_the_limit_is_the_authors(judge):
    assert InVoice.from_argument(2.9).judge
    assert not judge(
        InVoice(at_least=2.9), "wren", "Hi", "I fell in the pond and it was cold."
    ).passed


def test_topics_do_not_count():
    assert features("We saw a dragon.") == features("We saw a bucket.")


def test_a_profile_is_made_once(characters):
    voice = characters["wren"]["card"].voice
    assert profile(voice) is profile(voice)


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_any_reply_gets_a_finite_value(judge, reply):
    value = judge(InVoice(), "wren", "Hi", reply).value
    assert value is None or -4 < value < 4
