"""A dialogue: what is asked, what may be typed, and what passing over means."""

from __future__ import annotations

import pytest

from persona_eval.errors import PersonaEvalError
from persona_eval.scaffold.answers import Answers
from persona_eval.scaffold.questions import QUESTIONS, ask_for, ask_name


class Typist:
    """Types these lines, and keeps what was shown."""

    def __init__(self, *lines: str):
        self.lines = list(lines)
        self.shown: list[str] = []

    def ask(self, prompt: str) -> str | None:
        self.shown.append(prompt)
        return self.lines.pop(0) if self.lines else None

    def tell(self, text: str) -> None:
        self.shown.append(text)


def answered(*lines: str, keys: object = QUESTIONS) -> Answers:
    typist = Typist(*lines)
    found = ask_for(Answers("Bo"), keys, typist.ask, typist.tell)  # type: ignore[arg-type]
    assert typist.lines == []
    return found


def test_a_whole_dialogue() -> None:
    assert answered(
        "7", "A boy.", "in a barn",
        "Ann", "Ed", "",
        "Yay!", "Oh no!", "",
        "Your cat?", "Tom", "Your dog?", "Rex", "",
        "-",
        "One.", "Two.", "Three.", "Four.", "Five.", "",
    ) == Answers(
        "Bo", 7, "A boy.", "in a barn", ("Ann", "Ed"), ("Yay!", "Oh no!"),
        (("Your cat?", "Tom"), ("Your dog?", "Rex")), (), ("One.", "Two.", "Three.", "Four.", "Five."),
    )  # fmt: skip


def test_empty_lines_pass_everything_over_and_so_does_the_end_of_input() -> None:
    assert answered(*[""] * 8) == Answers("Bo")
    assert answered() == Answers("Bo")


def test_a_dash_says_that_there_is_nothing() -> None:
    assert answered("", *["-"] * 7) == Answers("Bo", None, "", "", (), (), (), (), ())


def test_only_what_is_missing_is_asked_for() -> None:
    assert answered("A boy.", keys={"about"}) == Answers("Bo", about="A boy.")
    typist = Typist()
    ask_for(Answers("Bo"), (), typist.ask, typist.tell)
    assert typist.shown == []


def test_what_cannot_be_used_is_asked_for_again() -> None:
    typist = Typist("old", "7", "!!!", "Yay!", "")
    found = ask_for(Answers("Bo"), {"age", "catchphrases"}, typist.ask, typist.tell)
    assert found == Answers("Bo", 7, catchphrases=("Yay!",))
    assert "age: `old` is no number of years; or write `adult`" in typist.shown
    assert "catchphrases: `!!!` holds no letter and no digit" in typist.shown


def test_a_question_without_an_answer_is_asked_for_again() -> None:
    lines = ("Cat?", "Tom", "Dog?", "", "Dog?", "Rex", "")
    assert answered(*lines, keys={"knows"}).knows == (("Cat?", "Tom"), ("Dog?", "Rex"))


def test_the_name_is_asked_for_until_there_is_one() -> None:
    typist = Typist("", "?", " Bo ")
    assert ask_name(typist.ask, typist.tell) == "Bo"
    with pytest.raises(PersonaEvalError, match="a character needs a name: persona-eval new NAME"):
        ask_name(Typist().ask, typist.tell)
