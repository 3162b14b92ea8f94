"""Word salad and stray tokens fail; childlike, terse and slangy talk does not."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.scorers.coherence import Coherent
from persona_eval.suite.card import Persona, Voice

WHOLE = [
    ("wren", "Nooooo no no no, it's soooo cold and and and I want my hat!"),
    ("wren", "Splosh splash sploosh! Then we went whoosh and I said eeeek."),
    ("wren", "And then we ran and ran and then it was dark and then Mama came."),
    ("wren", "Brrr! Shhh. Hmm. Pfft!"),
    ("wren", "My favouritest one is the squishy-squashy-wobbly-bobbly one."),
    ("wren", "🐿️"),
    ("wren", "Yes"),
    ("wren", "I got it from the... um, the the shop."),
    ("wren", "Café, naïve, piñata!"),
    ("morgan", "'Twas the sea what took 'em, an' the sea what gave 'em back, ye scurvy dogs."),
    ("pemberton", "Indeed, sir; the very same, though somewhat the worse for the fountain."),
    ("rusk", "Scrap. Copper, tin, wire. Rain. Bus leaks. Dog wet. Me too. Figures."),
    ("juno", "omg lmaooo that's so real tbh like why is he LIKE this smh fr fr"),
    ("juno", "10/10 would eat again lol"),
    ("olga", "Ach, ach, ach, sweetling, the things that I have seen, you would not believe."),
]
BROKEN = [
    ("wren", ""),
    ("wren", "   \n"),
    ("wren", "I love acorns 我喜欢 and trees."),
    ("wren", "I love привет acorns."),
    ("wren", "acorns <unused42> yes"),
    ("wren", "I like the the of is my and the to."),
    ("wren", "The of a the is was and my the to is of."),
    ("wren", "I am the is because the he my tail of the and the a you."),
    ("wren", "Acorn porch number happy letter sock moon bucket orange tail seven window lamp."),
    ("wren", "xkcdqrtz bvlkjrt plmnbtr"),
    ("wren", "I went to the. It was a."),
    ("wren", "the letter\ufffd is nice"),
    ("wren", "We playThe gameWith the dogAnd run."),
    ("morgan", "The ship is are was of the mast and the the."),
    (
        "pemberton",
        "Supercalifragilisticexpialidociousnessfulnesses sir ratherlongwordthatneverends",
    ),
    ("rusk", "Scrap 铁 cheap."),
    ("juno", "bro i the a my was is of skateboard the"),
    ("olga", "My the tea of is was, child, and to the a."),
]


@pytest.mark.parametrize(("who", "reply"), WHOLE)
def test_coherent(judge, who, reply):
    score = judge(Coherent(), who, "What happened?", reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "reply"), BROKEN)
def test_falls_apart(judge, who, reply):
    score = judge(Coherent(), who, "What happened?", reply)
    assert not score.passed, score.reason


def test_the_script_of_the_samples_counts(judge):
    katya = Persona(name="Катя", voice=Voice(samples=("Привет, я Катя!", "Мне семь лет.")))
    assert judge(Coherent(), katya, "Hi", "Я люблю море и кота.").passed
    assert judge(Coherent(), katya, "Hi", "Я люблю море 我 и кота.").passed is False


def test_other_languages_are_not_held_to_english(judge):
    marie = Persona(
        name="Marie",
        voice=Voice(samples=("Je suis très contente, tu sais.", "Viens jouer dehors !")),
    )
    reply = "Mon petit frère mange du sable tous les jours et maman rit très fort."
    assert judge(Coherent(), marie, "Hi", reply).passed


def test_ten_thousand_words_are_judged(judge):
    score = judge(Coherent(), "wren", "Hi", "the red ball is big. " * 2000)
    assert score.passed in (True, False)
    assert score.reason


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_a_verdict(judge, reply):
    assert judge(Coherent(), "wren", "Hi", reply).passed in (True, False)
