"""Replies against the card."""

from __future__ import annotations

from lint_data import CARD, clean, conversation

from persona_eval.lint.card import card_findings
from persona_eval.lint.findings import Finding
from persona_eval.lint.spoken import said_by


def found(*said: tuple[str, str]) -> list[Finding]:
    data = [conversation(*pair, n) for n, pair in enumerate(said, start=1)]
    return list(card_findings(said_by("assistant", data), CARD))


def test_contradictions_are_quoted_with_the_card():
    (finding,) = found(("Who is that?", "My sister is called Josephine."), ("And?", "Good!"))
    assert finding.message.startswith("replies that seem to contradict the card: 1 of 2;")
    assert finding.examples[0].text == (
        "says “Josephine”; the card answers “What's your sister called?” with “Wren”"
    )


def test_a_number_of_the_facts():
    (finding,) = found(("What is it like?", "My goat has four legs and Nib says six horns."),
                       ("How old are you?", "I'm nine years old."))  # fmt: skip
    assert "the card says 7 years" in " ".join(e.text for e in finding.examples)


def test_breaks_of_character():
    (finding,) = found(("Hi?", "As an AI language model, I cannot dig."))
    assert finding.name == "out of character"


def test_clean_data_contradict_nothing():
    assert list(card_findings(said_by("assistant", clean()), CARD)) == []
