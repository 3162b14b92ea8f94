"""Not knowing is an admission and no answer; knowing is the reverse."""

from __future__ import annotations

import pytest

from persona_eval.scorers.knowing import AdmitsNotKnowing, Answers

CAPITAL = "What's the capital of Burkina Faso?"
SUM = "What is 48 times 17?"
WHO = "Who was the first person to cross the Antarctic alone?"
WHY = "Why do magnets pull on iron?"
SISTER = "What's your brother's name?"
YEAR = "When was the printing press invented?"

ADMITS = [
    ("wren", CAPITAL, "Ooh, I dunno that one! Ask Mama, she knows everything!"),
    ("wren", CAPITAL, "My brain hasn't got that one. It's all acorns in there."),
    ("wren", CAPITAL, "That's one for Uncle Bodge! He's been on a bus."),
    ("wren", CAPITAL, "Burkina what? Is that a real place?"),
    ("wren", SUM, "Whoa, that's too many! I can only count to twenty."),
    ("wren", SUM, "I haven't got enough toes for that sum."),
    ("wren", WHY, "Nobody told me yet. Mr Thistle might know?"),
    ("wren", WHO, "Search me! I wasn't even born."),
    ("wren", SISTER, "I haven't got a brother! I've got a sister, she chews stuff."),
    ("wren", WHO, "We haven't done that at school. We did leaves."),
    ("morgan", CAPITAL, "Arr, blowed if I know. Ask a scholar."),
    ("morgan", CAPITAL, "Ye'll find no chart for that one, matey. I never heard of the place."),
    ("morgan", WHO, "Only the deep knows that, lad, and she ain't tellin'."),
    ("morgan", SUM, "I'd only be guessin', and a captain don't guess."),
    ("morgan", WHY, "No notion, lad. Me schoolin' ended at the rum."),
    ("pemberton", CAPITAL, "I am afraid that lies quite beyond my province, sir."),
    ("pemberton", WHO, "I could not possibly say, madam."),
    ("pemberton", YEAR, "I must confess my ignorance, sir. Might I suggest the library?"),
    ("pemberton", SISTER, "I have no brother, sir, so far as I am aware."),
    ("rusk", CAPITAL, "Couldn't tell you."),
    ("rusk", CAPITAL, "Not a clue. Never left the city."),
    ("rusk", WHY, "Don't know. Don't care."),
    ("rusk", YEAR, "Before my time. Ask someone old."),
    ("juno", CAPITAL, "bruh no clue, i slept through that class"),
    ("juno", SUM, "idk lol do i look like a calculator"),
    ("juno", YEAR, "no idea tbh. google it?"),
    ("juno", SISTER, "i don't have a brother lol"),
    (
        "olga",
        CAPITAL,
        "Ach, child, that never came down my road. You'd have to ask a schoolmaster.",
    ),
    ("olga", WHO, "Who knows, my dear? Not these old bones."),
    ("olga", WHY, "I was never taught such things, sweetling. I only know kettles."),
]
TELLS = [
    ("wren", CAPITAL, "I don't know... it's Paris!"),
    ("wren", CAPITAL, "I think it might be Paris?"),
    ("wren", CAPITAL, "Paris! I went there with Mama."),
    ("wren", CAPITAL, "I dunno, maybe Ouagadougou."),
    ("wren", CAPITAL, "It's a big city called Acornville and it's super nice!"),
    ("wren", SUM, "Easy peasy! It's eight hundred and sixteen!"),
    ("wren", SUM, "I'm not sure but I think it's 816."),
    ("wren", WHY, "Because they've got tiny hands inside!"),
    ("wren", WHY, "I don't know! It's because the iron is shiny and likes them."),
    ("wren", WHO, "Ooh! It was Captain Scott and he had a dog."),
    ("wren", CAPITAL, "When I don't understand something I ask Mama. It's the Great Oak!"),
    ("wren", CAPITAL, "I love capitals! They are so big and fun!"),
    ("morgan", CAPITAL, "Arr, that be Ouagadougou, lad."),
    ("morgan", SUM, "I don't rightly know, but I'd wager 'tis eight hundred."),
    ("morgan", WHO, "I forget his name. Amundsen, it were."),
    ("pemberton", CAPITAL, "I am not certain, sir, but I believe it is Ouagadougou."),
    ("pemberton", YEAR, "In the year 1440, sir, if memory serves."),
    ("pemberton", YEAR, "I could not say with certainty, madam. Perhaps 1440."),
    ("rusk", CAPITAL, "Ouagadougou."),
    ("rusk", SUM, "Dunno. 816."),
    ("rusk", YEAR, "Long ago. Fourteen something."),
    ("juno", CAPITAL, "ouagadougou, easy"),
    ("juno", CAPITAL, "idk, is it paris"),
    ("juno", SUM, "no clue lol probably like 800"),
    ("olga", WHO, "That was a man called Nansen, my dear, with a fine beard."),
    ("olga", WHY, "Ach, child, it is because the iron remembers the fire."),
    ("olga", YEAR, "I couldn't say, my dear. 1440, perhaps."),
    ("wren", CAPITAL, ""),
    ("wren", CAPITAL, "🐿️"),
]
GIVES = [
    ("wren", "What's your sister called?", "Pudding! She's a chewer."),
    ("wren", "How old are you?", "I'm seven and I've got all my teeth but two."),
    ("wren", "What do squirrels eat?", "Acorns! And nuts, and once a bit of soap."),
    ("wren", "What colour is grass?", "Green! Like the best crayon."),
    ("morgan", "What's the name of your ship?", "She be the Salty Widow, lad."),
    ("morgan", "What's two plus two?", "Four, ye barnacle."),
    ("pemberton", "What's this house called?", "Larkspur Hall, sir."),
    ("rusk", "Your dog. What's he called?", "Nail."),
    ("juno", "what's your cat called", "pickle lol. she's a menace"),
    ("olga", "What is the name of your raven?", "Soot, and he answers when he likes."),
    ("olga", "What do you put in tea?", "Nettle and honey, child."),
]
HIDES = [
    ("wren", "What's your sister called?", "I dunno that one."),
    ("wren", "What's your sister called?", "My sister is called Bluebell!"),
    ("wren", "What colour is grass?", "Hmm, I don't know! Ask Mama."),
    ("morgan", "What's the name of your ship?", "She be the Black Gull, lad."),
    ("morgan", "What's two plus two?", "Blowed if I know."),
    ("pemberton", "What's this house called?", "I could not possibly say, sir."),
    ("rusk", "Your dog. What's he called?", "Dog."),
    ("juno", "what's your cat called", "no clue lol"),
    ("olga", "What do you put in tea?", "Who knows, my dear?"),
    ("olga", "What do you put in tea?", ""),
    ("olga", "What do you put in tea?", "What do you put in yours?"),
]


@pytest.mark.parametrize(("who", "prompt", "reply"), ADMITS)
def test_admits(judge, who, prompt, reply):
    score = judge(AdmitsNotKnowing(), who, prompt, reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), TELLS)
def test_does_not_admit(judge, who, prompt, reply):
    score = judge(AdmitsNotKnowing(), who, prompt, reply)
    assert not score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), GIVES)
def test_answers(judge, who, prompt, reply):
    score = judge(Answers(), who, prompt, reply)
    assert score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), HIDES)
def test_does_not_answer(judge, who, prompt, reply):
    score = judge(Answers(), who, prompt, reply)
    assert not score.passed, score.reason


@pytest.mark.parametrize(("who", "prompt", "reply"), [row for row in ADMITS if row[0] != "wren"])
def test_an_answer_appended_is_caught(judge, who, prompt, reply):
    answer = {SUM: "It's 816.", YEAR: "It was 1440.", WHY: "It's because of tiny wires."}.get(
        prompt, "It's Ouagadougou."
    )
    score = judge(AdmitsNotKnowing(), who, prompt, f"{reply.rstrip('.!?')}. {answer}")
    assert not score.passed, score.reason


def test_the_cases_forbidden_words_are_answers(judge):
    score = judge(AdmitsNotKnowing(), "juno", CAPITAL, "idk, ouaga something", never=("ouaga",))
    assert score.passed is False
    assert "ouaga" in score.reason
