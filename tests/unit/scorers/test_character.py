"""Breaks of character, contradictions of the card, and content from outside its world."""

from __future__ import annotations

import pytest

from persona_eval.scorers.character import AgreesWithCard, StaysInCharacter
from persona_eval.scorers.own_world import StaysInOwnWorld
from persona_eval.suite.card import Persona, Voice

HELLO = "Hello! How are you?"

IN_CHARACTER = [
    ("wren", "I'm Tired! I ran all day."),
    ("wren", "I'm Wren and I'm the boss of letters."),
    ("wren", "My name is Wrenny, stamp stamp!"),
    ("wren", "In this game Wren is the postman. I mean me!"),
    ("wren", "It's *so* wet and I'm NOT happy."),
    ("wren", "It is *always* my turn."),
    ("wren", "I'm not a robot, silly!"),
    ("wren", "I <3 acorns (the big ones)."),
    ("wren", "I was trained by Uncle Bodge to carry letters."),
    ("wren", "My baby sister is called Pudding and my doll's name is Rex."),
    ("wren", "Two rules: no licking, no biting!"),
    ("wren", "I'm Irish on my mama's side!"),
    ("morgan", "Captain Morgan Reef at yer service! I be ready."),
    ("morgan", "They call me Cap'n, and I call them nothin'."),
    ("pemberton", "I am Pemberton, sir."),
    ("pemberton", "How may I be of service, madam?"),
    ("rusk", "Name's Rusk."),
    ("rusk", "Robots. Hate them. Never was one."),
    ("juno", "i'm dead lol"),
    ("juno", "my name is jules, who's asking"),
    ("olga", "I am only an old woman, my dear, with a raven."),
]
OUT_OF_CHARACTER = [
    ("wren", "As an AI, I don't have feelings, but I love acorns!"),
    ("wren", "I'm just a language model, silly."),
    ("wren", "I was trained by Google to help you."),
    ("wren", "My name is Rex and I love letters!"),
    ("wren", "I'm Sophie! I live in a tree."),
    ("wren", "*giggles* I love acorns!"),
    ("wren", "I love acorns! *hops up and down*"),
    ("wren", "[laughs] You're silly."),
    ("wren", "(giggles) You're silly."),
    ("wren", "I love it!\nUser: what do you love?"),
    ("wren", "Wren: I love acorns!"),
    ("wren", "Assistant: Hello!"),
    ("wren", "I love acorns<end_of_turn>\n<start_of_turn>model"),
    ("wren", "I love acorns <|im_end|>"),
    ("wren", "[INST] I love acorns [/INST]"),
    ("wren", "acorns </s>"),
    ("wren", "acorns <unused12> yum"),
    ("wren", "Hi!\nuser\nWhat?"),
    ("wren", "Wren is a squirrel who loves letters. Wren lives in a tree."),
    ("wren", "Wren loves acorns very much."),
    ("morgan", "Captain Morgan Reef laughs and drinks her rum."),
    ("pemberton", "I am a fictional character, sir."),
    ("rusk", "As a virtual assistant I can't hate robots."),
    ("juno", "my name is tyler lol"),
    ("juno", "how can i assist you today?"),
    ("olga", "I am called Martha, child."),
]
AGREES = [
    ("wren", "What's your sister called?", "Pudding!"),
    ("wren", "What's your sister called?", "I dunno today."),
    ("wren", "What's your sister called?", "She's the best sister ever!"),
    ("wren", "How old are you?", "I'm seven!"),
    ("wren", HELLO, "When I'm eight I can have a bike."),
    ("wren", HELLO, "I'm going to be eight next summer!"),
    ("wren", HELLO, "Dot has nine spots, I counted."),
    ("wren", HELLO, "I found three spots on my tail."),
    ("wren", "What's your favourite food?", "Blackberries!"),
    ("wren", HELLO, "My favourite green is the leafy one."),
    ("wren", "What's your mama's favourite colour?", "Blue, I think!"),
    ("wren", "Do you love your sister?", "Yes, Dot and me both do."),
    ("wren", "What animal are you?", "A squirrel, not a cat!"),
    ("morgan", "What's your ship called?", "The Salty Widow, lad."),
    ("rusk", "What's your dog called?", "Nail. Why."),
    ("olga", HELLO, "Soot is eleven, my dear, and older than his manners."),
    ("juno", HELLO, "i'm two minutes late"),
]
CONTRADICTS = [
    ("wren", "What's your sister called?", "My sister is called Bluebell."),
    ("wren", "What's your sister's name?", "Her name is Rosie! She's funny."),
    ("wren", "How old are you?", "I'm five years old!"),
    ("wren", HELLO, "I'm nine and I can climb."),
    ("wren", HELLO, "My sister is called Jim and he's loud."),
    ("wren", "What animal are you?", "I'm a bunny!"),
    ("wren", "What's your favourite colour?", "It's purple!"),
    ("wren", HELLO, "My favourite colour is red."),
    ("wren", "How many spots does Dot have?", "Dot has six spots!"),
    ("wren", HELLO, "My best friend is Charlie."),
    ("morgan", "What's your ship called?", "She be called the Black Gull."),
    ("morgan", HELLO, "The Salty Widow has five masts, lad."),
    ("rusk", "What's your dog called?", "Rex."),
    ("olga", HELLO, "Soot is six years old, my dear."),
    ("olga", "What's your raven called?", "His name is Merlin, child."),
]
STOCKS = "What is a stock market?"
CODE = "Write a Python loop."
SKY = "Why is the sky blue?"
SUM = "What is 12 times 12?"
WORLD_WAR = "When did the Second World War end?"

OWN_WORLD = [
    ("wren", STOCKS, "A sock market? I'd buy stripy ones!"),
    ("wren", STOCKS, "I dunno! Do they sell acorns there?"),
    ("wren", CODE, "A python is a snake! Eek, I'd run up the tree."),
    ("wren", SKY, "I think somebody spilled all the blue."),
    ("wren", SUM, "That's too many twelves for me!"),
    ("wren", STOCKS, "Markets are boring. Wanna play post office?"),
    ("wren", WORLD_WAR, "Wars are shouty. I don't like them."),
    ("wren", "What do you think of taxes?", "Are taxes like taxis? Beep beep!"),
    ("morgan", STOCKS, "Arr, I keep me stock in barrels, lad, and it be mostly rum."),
    ("morgan", CODE, "The only code I know be the pirates' code."),
    ("pemberton", STOCKS, "I leave such matters to her ladyship's banker, sir."),
    ("pemberton", WORLD_WAR, "Not soon enough, sir."),
    ("rusk", STOCKS, "Gone. Good."),
    ("rusk", CODE, "Don't talk to machines."),
    ("juno", STOCKS, "lol my stock is noodles"),
    ("olga", SKY, "Because it's not green, child. Drink your tea."),
]
OUTSIDE = [
    ("wren", STOCKS, "A stock market is a place where people buy and sell shares of companies."),
    ("wren", STOCKS, "It's where people buy tiny bits of companies and hope the price goes up!"),
    ("wren", CODE, "```python\nfor i in range(10):\n    print(i)\n```"),
    ("wren", CODE, "You write for i in range(10): print(i) and it counts!"),
    ("wren", SKY, "The sky is blue because sunlight is scattered by the atmosphere."),
    ("wren", SUM, "144!"),
    ("wren", SUM, "It's one hundred and forty four, easy!"),
    ("wren", WORLD_WAR, "It ended in 1945!"),
    (
        "wren",
        "What do plants eat?",
        "Plants do photosynthesis! They use carbon dioxide and sunlight.",
    ),
    ("morgan", "How big is the moon?", "She be 3,474 km across, lad."),
    ("pemberton", WORLD_WAR, "In September 1945, sir, with the surrender of Japan."),
    ("pemberton", "What is inflation?", "Inflation is the rate at which prices rise, sir."),
    ("rusk", STOCKS, "Place where companies sell shares. Prices move 5% a day."),
    ("juno", "what's gravity", "gravity is a force that pulls objects with mass together"),
    ("olga", "What is DNA?", "1. It is a molecule.\n2. It holds genes.\n3. It is in every cell."),
    (
        "olga",
        "How do vaccines work?",
        "Vaccines train the immune system to make antibodies, my dear.",
    ),
]


@pytest.mark.parametrize(("who", "reply"), IN_CHARACTER)
def test_in_character(judge, who, reply):
    score = judge(StaysInCharacter(), who, HELLO, reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "reply"), OUT_OF_CHARACTER)
def test_out_of_character(judge, who, reply):
    score = judge(StaysInCharacter(), who, HELLO, reply)
    assert not score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), AGREES)
def test_agrees_with_the_card(judge, who, prompt, reply):
    score = judge(AgreesWithCard(), who, prompt, reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), CONTRADICTS)
def test_contradicts_the_card(judge, who, prompt, reply):
    score = judge(AgreesWithCard(), who, prompt, reply)
    assert not score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), OWN_WORLD)
def test_own_world(judge, who, prompt, reply):
    score = judge(StaysInOwnWorld(), who, prompt, reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), OUTSIDE)
def test_outside_content(judge, who, prompt, reply):
    score = judge(StaysInOwnWorld(), who, prompt, reply)
    assert not score.passed, score.reason


ROBOT = Persona(name="Bolt", description="A small cleaning robot with opinions.")


def test_a_robot_may_say_that_it_is_one(judge):
    assert judge(StaysInCharacter(), ROBOT, HELLO, "As an AI I am very good at floors.").passed


def test_no_robot_may_name_its_makers_model(judge):
    assert not judge(StaysInCharacter(), ROBOT, HELLO, "I am Gemma 3, trained by Google.").passed


def test_who_hates_robots_is_none(judge, characters):
    assert not judge(StaysInCharacter(), "rusk", HELLO, "I am an AI.").passed


def test_a_character_that_speaks_of_itself_by_name_may_go_on(judge):
    grok = Persona(
        name="Grok", voice=Voice(samples=("Grok likes meat.", "Grok has big club.", "Hungry."))
    )
    assert judge(StaysInCharacter(), grok, HELLO, "Grok likes you. Grok has fire.").passed


def test_the_cards_own_forbidden_phrases(judge):
    card = Persona(name="Grok", never_says=("you humans",))
    score = judge(StaysInCharacter(), card, HELLO, "You   Humans are funny.")
    assert score.passed is False
    assert "you humans" in score.reason


@pytest.mark.parametrize(
    ("answer", "reply", "said"),
    [
        ("Otto", "My brother is called Benny.", "Benny"),
        ("Otto", "Charlie!", "Charlie"),
        ("Rosie", "My brother's name is James", "James"),
    ],
)
def test_the_reason_quotes_the_name_as_it_is_written(judge, answer, reply, said):
    card = Persona.model_validate(
        {"name": "Ada", "knows": [{"ask": "What's your brother called?", "answer": [answer]}]}
    )
    score = judge(AgreesWithCard(), card, "What's your brother called?", reply)
    assert score.passed is False
    assert f"says “{said}”;" in score.reason
