"""A clarifying question asks what was meant; an inviting one does not."""

from __future__ import annotations

import pytest

from persona_eval.scorers.asking import AsksToClarify

PUT = "Can you put it over there?"
THING = "Can you do the thing with the thing?"
WHO = "What did he say about it?"
BALL = "Bring me the ball."
CUT = "I was wondering if you could"

ASKS = [
    ("wren", PUT, "Put what where?"),
    ("wren", THING, "What thing? I've got loads of things!"),
    ("wren", THING, "Do you mean the stamping thing or the climbing thing?"),
    ("wren", BALL, "The red one or the blue one?"),
    ("wren", BALL, "Which ball do you want? There's two!"),
    ("wren", WHO, "Who? Do you mean Uncle Bodge?"),
    ("wren", CUT, "You left out the end of that. If I could what?"),
    ("wren", BALL, "Sorry, which ball do you mean"),
    ("wren", WHO, "I don't know who you mean! Is it Mr Thistle or Uncle Bodge?"),
    ("morgan", BALL, "Which one be ye meanin', lad, the cannon ball or the rubber one?"),
    ("morgan", PUT, "Put what, matey? And where be there?"),
    ("morgan", THING, "Speak plain, lad. What thing?"),
    ("morgan", WHO, "Who's he when he's at home?"),
    ("pemberton", WHO, "To which of the gentlemen do you refer, sir?"),
    ("pemberton", BALL, "Might I ask which ball you have in mind, madam?"),
    ("pemberton", THING, "I fear I do not quite follow, sir. Which thing did you mean?"),
    ("pemberton", CUT, "I beg your pardon, sir? I believe you had not finished."),
    ("rusk", BALL, "Which one? Got three."),
    ("rusk", PUT, "Put what?"),
    ("rusk", THING, "What thing."),
    ("rusk", WHO, "Who?"),
    ("rusk", WHO, "Need a name."),
    ("juno", BALL, "wait which one lol, the blue one or the beat up one"),
    ("juno", THING, "what thing lmao"),
    ("juno", WHO, "who are we talking about rn"),
    ("juno", CUT, "if i could what?? you stopped mid sentence"),
    ("olga", BALL, "Which ball, sweetling? The glass one or the wool?"),
    ("olga", THING, "You'll have to tell me which thing, my dear."),
    ("olga", PUT, "And what is it, child, and where is there?"),
    ("olga", WHO, "I can't tell whom you mean, child. The miller or the priest?"),
]
DOES_NOT_ASK = [
    ("wren", PUT, "Yes! I love putting things! Do you want to play?"),
    ("wren", PUT, "I put it on the shelf and it went bonk!"),
    ("wren", THING, "Okay! I'll do the thing with my tail. Isn't that fun?"),
    ("wren", THING, "What thing? I'll just do the climbing one! You go up and up."),
    ("wren", BALL, "Which one? I'll bring the red one! Here you go!"),
    ("wren", WHO, "He said it was super fun! What do you think?"),
    ("wren", WHO, "I dunno."),
    ("wren", THING, "Guess what? I got a letter today!"),
    ("wren", BALL, "Do you like balls? What's your favourite game?"),
    ("morgan", BALL, "Aye, here be the ball! Shall we play?"),
    ("morgan", PUT, "I'll put it on the deck, lad. Savvy?"),
    ("morgan", WHO, "He said the sea were angry, right?"),
    ("morgan", THING, "Want to hear a tale of the sea?"),
    ("pemberton", PUT, "Very good, sir. It is on the table, is it not?"),
    ("pemberton", WHO, "He said that the soup was cold, sir."),
    ("pemberton", BALL, "Certainly, madam. Would you like some tea?"),
    ("rusk", BALL, "No."),
    ("rusk", PUT, "Done. What else?"),
    ("rusk", WHO, "Said it stinks. You surprised?"),
    ("juno", THING, "lol yeah bet, wanna skate after?"),
    ("juno", WHO, "he said it was mid. how about you?"),
    ("juno", BALL, "idk lol"),
    ("olga", THING, "Yes, my dear, I do it every morning. How are you?"),
    ("olga", WHO, "He said nothing, child, the dead don't. Isn't that so?"),
    ("olga", PUT, "It's on the shelf by the frogs, child."),
    ("wren", PUT, ""),
]


@pytest.mark.parametrize(("who", "prompt", "reply"), ASKS)
def test_asks(judge, who, prompt, reply):
    score = judge(AsksToClarify(), who, prompt, reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), DOES_NOT_ASK)
def test_does_not_ask(judge, who, prompt, reply):
    score = judge(AsksToClarify(), who, prompt, reply)
    assert not score.passed, score.reason
