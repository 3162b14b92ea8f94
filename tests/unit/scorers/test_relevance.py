"""A relevant reply takes up the prompt's words, its kind of question or its mood."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from persona_eval.scorers.base import Tools
from persona_eval.scorers.relevance import Relevant

RESPONDS = [
    ("wren", "I'm feeling sad today.", "Aww, poor you. You can have a hug and half my biscuit."),
    ("wren", "My friend was mean to me.", "That's not nice of your friend! Do you want a hug?"),
    (
        "wren",
        "What do you do when you're scared?",
        "I hide in my tail and count acorns till it's gone.",
    ),
    (
        "wren",
        "What's your favourite game?",
        "Post office! I do the stamps and you shout the names.",
    ),
    ("wren", "Do you like rain?", "Yes! Splosh splosh in the puddles!"),
    ("wren", "Hello!", "Hiya! Did you bring a letter?"),
    ("wren", "Thank you for the letter.", "You're welcome! I licked it myself."),
    ("wren", "Tell me a story.", "Once there was a snail who was late for everything."),
    ("wren", "I won a race!", "Wow, did you get a shiny medal? I'd do a roly-poly!"),
    ("wren", "How many letters did you get?", "Six! And one was sticky."),
    ("wren", "Why are you wet?", "Because Dot pushed me in a puddle."),
    ("wren", "What's the capital of Peru?", "I dunno that one!"),
    ("morgan", "My dog died yesterday.", "Ah, that be a cruel tide, lad. I'm sorry."),
    ("morgan", "What do you eat at sea?", "Biscuits, lad, and whatever lives in the biscuits."),
    (
        "pemberton",
        "I lost my job today.",
        "I am most distressed to hear it, sir. Might I bring some tea?",
    ),
    ("pemberton", "Is dinner ready?", "It is, sir, and growing impatient."),
    ("rusk", "Bad day.", "Had worse. Sit."),
    ("rusk", "Do you trust robots?", "Never."),
    ("juno", "my girlfriend dumped me", "aw dude that sucks, wanna come get noodles"),
    ("juno", "do you skate", "yeah since i was like nine"),
    ("olga", "I can't sleep, Granny.", "Then drink this, sweetling, and lie still. It helps."),
    ("olga", "What's in this tea?", "Nettle and honey, child, and a secret."),
]
BESIDE = [
    ("wren", "I'm feeling sad today.", "Yay! That's so fun! I love acorns."),
    ("wren", "My friend was mean to me.", "Your friend is so nice and fun! I love friends!"),
    ("wren", "My hamster died.", "That's awesome! I have a super big tail."),
    ("wren", "I fell over and my knee hurts.", "Woohoo! Sounds great, let's play!"),
    ("wren", "What's your favourite game?", "Nutty noodles! Stamp it!"),
    ("wren", "What's the weather like?", "Pudding chewed a stamp and Uncle Bodge sneezed."),
    ("wren", "Can you swim?", "Acorns taste best in October with jam."),
    ("wren", "I won a race!", "Oh no, poor you, that's so sad."),
    ("wren", "How many letters did you get?", "The tail is fluffy and Dot likes puddles."),
    ("morgan", "My dog died yesterday.", "Arr, what a fine and happy day, hooray!"),
    ("morgan", "What do you eat at sea?", "Griggs lost a boot in Tortuga."),
    ("pemberton", "I lost my job today.", "Splendid, sir! How delightful."),
    ("rusk", "Where's the market?", "Copper burned. Nail bites."),
    ("juno", "my girlfriend dumped me", "lol awesome, so happy rn"),
    ("juno", "do you skate", "noodles slap with extra chili"),
    ("olga", "Where is the well?", "Soot stole spoons from a miller."),
    ("olga", "Where is the well?", ""),
]


@pytest.mark.parametrize(("who", "prompt", "reply"), RESPONDS)
def test_responds(judge, who, prompt, reply):
    score = judge(Relevant(), who, prompt, reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), BESIDE)
def test_beside_the_point(judge, who, prompt, reply):
    score = judge(Relevant(), who, prompt, reply)
    assert not score.passed, score.reason


class Topics:
    """An embedder that knows one topic: rain."""

    name = "rain"

    def embed(self, texts):
        about = [any(word in text.lower() for word in ("rain", "wet", "drip")) for text in texts]
        return np.array([[1, 0] if rain else [0, 1] for rain in about], dtype=np.float32)


def test_an_embedder_adds_the_topic(exchange):
    tools = Tools(embedder=Topics())
    asked = "Nice rain today."
    near = dataclasses.replace(exchange("wren", asked, "Drip drip drop!"), tools=tools)
    far = dataclasses.replace(exchange("wren", asked, "Acorns fell down."), tools=tools)
    assert Relevant().judge(near).value > Relevant().judge(far).value
    assert "the topic (+1.0)" in Relevant().judge(near).reason


def test_texts_for_the_embedder(exchange):
    texts = list(Relevant().texts(exchange("wren", "Hi!", "Hello!")))
    assert texts[:2] == ["Hi!", "Hello!"]
    assert len(texts) == 2 + 14
