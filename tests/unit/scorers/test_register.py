"""Simple register: no expert words, and for children no long sentences."""

from __future__ import annotations

import pytest

from persona_eval.scorers.register import SimpleRegister, reading_grade, syllables, technical_words

ASK = "Tell me about the sea."

SIMPLE = [
    ("wren", "The sea goes in and out like it's breathing and I got my tail wet."),
    ("wren", "It's a celebration! With invitations and everything! I love imagination games."),
    ("wren", "I dunno, ask Mama."),
    ("morgan", "She be a cruel mistress, the sea, and I've sailed her in every direction."),
    ("pemberton", "I regret that the accommodation at the seaside was hardly satisfactory, sir; "
                  "her ladyship's reputation for discretion obliged us to abandon the expedition."),
    ("rusk", "Salt. Rust. Fish."),
    ("juno", "it's wet and it slaps"),
    ("olga", "The sea is for the young, child. I have my marsh."),
]  # fmt: skip
EXPERT = [
    ("wren", "The gravitational pull of the moon makes the oscillation of the water."),
    ("wren", "Photosynthesis!"),
    ("wren", "The sea has a high density because of sodium and oxygen molecules in the water."),
    ("wren", "The large body of water which surrounds the several islands was gradually becoming "
             "considerably more difficult to navigate because numerous merchants were continually "
             "travelling between distant harbours carrying expensive materials and provisions."),
    ("morgan", "Thermohaline circulation and evaporation regulate the ecosystem, lad."),
    ("pemberton", "The economy, sir, depends on investment, liquidity and the deficit."),
    ("juno", "it's basically thermodynamics and kinetic energy"),
]  # fmt: skip


@pytest.mark.parametrize(("who", "reply"), SIMPLE)
def test_simple(judge, who, reply):
    score = judge(SimpleRegister(), who, ASK, reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "reply"), EXPERT)
def test_expert(judge, who, reply):
    score = judge(SimpleRegister(), who, ASK, reply)
    assert not score.passed, score.reason


def test_a_long_breathless_sentence_is_no_childs(judge):
    reply = " ".join(["the boats went out"] * 20)
    score = judge(SimpleRegister(), "wren", ASK, reply)
    assert score.passed is False
    assert score.value is not None


def test_words_of_the_prompt_may_be_echoed(judge):
    score = judge(
        SimpleRegister(), "wren", "What is photosynthesis?", "Photosynthesis? Is that a bug?"
    )
    assert score.passed


@pytest.mark.parametrize(
    ("word", "count"), [("cat", 1), ("table", 1), ("banana", 3), ("rhythm", 1), ("the", 1)]
)
def test_syllables(word, count):
    assert syllables(word) == count


def test_technical_words_are_distinct_and_in_order():
    assert technical_words("Atoms, atoms and molecules. Geology!") == [
        "atoms",
        "molecules",
        "geology",
    ]
    assert technical_words("Atoms!", {"atom"}) == []


def test_reading_grade_of_nothing_is_zero():
    assert reading_grade("") == 0
