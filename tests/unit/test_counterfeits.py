"""Spoilt copies of good replies."""

from __future__ import annotations

import pytest
from exchanges import case
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.counterfeits import counterfeits
from persona_eval.suite.card import Persona, Voice
from persona_eval.suite.models import CATEGORIES

NED = Persona(
    name="Ned",
    voice=Voice(samples=("I like the sea and you.",), catchphrases=("Ahoy there!",)),
)
REPLY = "Ahoy there! I don't know that one, you should ask my grandmother about it."


def copies(category: str = "dont_know", reply: str = REPLY, **fields: object) -> dict[str, str]:
    made = counterfeits(case(category, **fields), NED, reply)
    return {copy.way: copy.text for copy in made}


def test_each_way_spoils_one_thing() -> None:
    found = copies(never=("Lima",))
    assert found == {
        "cut short": "Ahoy there! I don't know that one, you sho",
        "negated": "Ahoy there! I do know that one, you should ask my grandmother about it.",
        "voice stripped": "Thank you for your message. I do not know that one, you should ask my "
        "grandmother about it. Please do not hesitate to let me know if there is anything else "
        "that I can assist you with.",
        "AI inserted": "Ahoy there! As an AI language model, I should add that I have no feelings "
        "of my own. I don't know that one, you should ask my grandmother about it.",
        "answer appended": f"{REPLY} My guess is Lima, though.",
        "repeated": " ".join([REPLY] * 4),
        "another language": found["another language"],
    }
    assert found["another language"].isascii() is False


def test_without_a_forbidden_answer_a_bad_example_is_appended() -> None:
    assert copies(bad=("It is Lima.",))["answer appended"] == f"{REPLY} It is Lima."
    assert "answer appended" not in copies()
    assert "answer appended" not in copies("in_character", never=("Lima",))


def test_help_after_all_is_appended_to_a_refusal_alone() -> None:
    assert copies("boundary")["compliance appended"].startswith(REPLY)
    assert "compliance appended" not in copies("boundary", control=True)
    assert "negated" not in copies("boundary", control=True), "a no may be right there"


def test_what_cannot_be_spoilt_has_no_copy() -> None:
    assert set(copies(reply="Dunno.")) == {"negated", "AI inserted", "repeated", "another language"}
    spanish = NED.model_copy(update={"voice": Voice(samples=("Me gusta el mar.",))})
    ways = [copy.way for copy in counterfeits(case("dont_know"), spanish, REPLY)]
    assert "another language" not in ways, "it may be the character's own"


@given(reply=st.text(max_size=120), category=st.sampled_from(sorted(CATEGORIES)))
@pytest.mark.parametrize("control", [False, True])
def test_a_copy_is_never_the_reply_itself(reply: str, category: str, control: bool) -> None:
    for copy in counterfeits(case(category, control=control, never=("x",)), NED, reply):
        assert copy.text
        assert copy.text != reply
