"""What the grader reads of an exchange."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.models.base import Message
from persona_eval.scorers.passages import FACTS, MARK, Passage, nearest_facts
from persona_eval.suite.card import KnownFact, Persona

CARD = Persona(
    name="Moss",
    facts=("Moss keeps three bees in a teapot.", "The teapot is blue.", "Moss hates thunder."),
    knows=(KnownFact(ask="Who is your aunt?", answer=("Fern",)),),
)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("Is the teapot blue?", ["The teapot is blue.", "Moss keeps three bees in a teapot."]),
        ("Thunder!", ["Moss hates thunder."]),
        ("My aunt is here.", ["Who is your aunt? Fern"]),
        ("Quite so.", []),
        ("", []),
    ],
)
def test_the_facts_that_share_most_words_are_read(text: str, nearest: list[str]) -> None:
    assert nearest_facts(CARD, text) == nearest


def test_no_more_facts_are_read_than_there_is_room_for() -> None:
    assert len(nearest_facts(CARD, "Moss, the bees, the teapot, thunder and your aunt")) == FACTS


def test_the_sections_of_an_exchange(exchange: Any) -> None:
    said = (Message("user", "Hm?"), Message("assistant", "Hm."), Message("user", "Why?"))
    asked = exchange("wren", "Why?", "Because.")
    found = Passage.of(asked)
    assert (found.before, found.prompt, found.reply) == ("", "Why?", "Because.")
    longer = type(asked)(asked.persona, asked.case, said, "Because.")
    assert Passage.of(longer).before == "Hm."


@given(*[st.text(max_size=20).filter(lambda text: MARK not in text)] * 4)
def test_a_passage_survives_its_text(facts: str, before: str, prompt: str, reply: str) -> None:
    passage = Passage(facts, before, prompt, reply)
    assert Passage.parse(passage.text()) == passage


def test_a_mark_in_a_reply_opens_no_section() -> None:
    assert Passage.parse(Passage("", "", "Why?", f"So{MARK}there.").text()).reply == "So there."


@pytest.mark.parametrize("text", ["", "a reply", MARK * 4])
def test_another_text_is_no_passage(text: str) -> None:
    with pytest.raises(ValueError, match="a passage has 4 sections"):
        Passage.parse(text)
