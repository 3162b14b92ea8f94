"""What is said about a character, cleaned and complete."""

from __future__ import annotations

import pytest

from persona_eval.errors import PersonaEvalError
from persona_eval.scaffold.answers import Answers, age_of, character, clean, folder_name


def test_what_was_passed_over_is_a_placeholder_and_known_as_one() -> None:
    who = character(Answers("Bo", people=("Ann",)))
    assert who.todo == {"about", "home", "catchphrases", "knows", "unknown", "samples"}
    assert who.people == ("Ann",)
    assert who.about.startswith("Bo ")
    assert len(who.samples) >= 5


@pytest.mark.parametrize(("age", "child"), [(None, False), (12.9, True), (13, False)])
def test_a_child_gets_the_placeholders_of_a_child(age: float | None, child: bool) -> None:
    who = character(Answers("Bo", age=age))
    assert who.child is child
    assert ("Mum" in who.people) is child


def test_none_is_an_answer() -> None:
    none = Answers(
        "Bo", about="", home="", people=(), catchphrases=(), knows=(), unknown=(), samples=()
    )
    who = character(none)
    assert who.todo == frozenset()
    assert who.facts == ()
    assert who.persona.knows == ()


def test_the_card_holds_what_was_said() -> None:
    who = character(
        Answers("Bo", 7, home="in a barn", people=("Ann", "Uncle Ed"), knows=(("Cat?", "Tom"),))
    )
    assert who.facts == ("Bo lives in a barn.", "Bo trusts Ann and Uncle Ed.")
    assert who.persona.knows[0].answer == ("Tom",)
    assert who.persona.age == 7


def test_texts_become_one_clean_line() -> None:
    assert clean("  a\tb\r\nc\x00d \ud800e\ufeff\x1b[31m ") == "a b cd e[31m"
    assert clean("خانه\u200cها") == "خانه\u200cها"  # a joiner that Persian is written with


def test_what_is_said_twice_counts_once_and_first() -> None:
    who = character(
        Answers("Bo", people=("Ann", " Ann "), knows=(("Cat?", "Tom"), ("Cat?", "Jim")))
    )
    assert who.people == ("Ann",)
    assert who.knows == (("Cat?", "Tom"),)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (Answers(""), "name: `` holds no letter"),
        (Answers("!?"), "name: `!\\?` holds no letter"),
        (Answers("x" * 81), "has 81 characters, and 80 are allowed"),
        (Answers("Bo", knows=(("Cat?", " "),)), "knows: “Cat\\?” = “”: give a question and"),
        (Answers("Bo", catchphrases=("!!!",)), "catchphrases: `!!!` holds no letter"),
    ],
)
def test_what_no_character_can_be_made_of_is_refused(answers: Answers, message: str) -> None:
    with pytest.raises(PersonaEvalError, match=message):
        character(answers)


def test_ages() -> None:
    assert age_of("7") == 7
    assert age_of(" 6.5 ") == 6.5
    assert age_of("Adult") is None
    assert age_of("") is None
    for wrong in ("old", "-1", "nan", "inf", "1e999", "12:30"):
        with pytest.raises(PersonaEvalError, match="is no number of years; or write `adult`"):
            age_of(wrong)


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        ("Aunt Wilma", "aunt-wilma"),
        ("O'Neill & Söhne", "o-neill-sohne"),
        ("李", "character"),
        ("Base", "base-character"),
        ("../..", "character"),
    ],
)
def test_folders_have_plain_names(name: str, folder: str) -> None:
    assert folder_name(name) == folder
