"""A relevant reply takes up the prompt's words, its kind of question or its mood."""

from __future__ import annotations

import pytest

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


def test_the_prompt_is_read_too(exchange):
    asked = exchange("wren", "Hi!", "Hello!")
    assert list(Relevant().texts(asked)) == []
    assert list(Relevant().wordings(asked)) == ["Hello!", "Hello!", "Hi!"]
