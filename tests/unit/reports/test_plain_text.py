"""A model's words on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.reports.plain import JOINERS, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße, 東京 🦘!", "Grüße, 東京 🦘!"),
        ("a\nb\rc", "a ⏎ b ⏎ c"),
        ("a\tb", "a b"),
        ("\x1b[2J", "\\u001b[2J"),
        ("\u202eevil", "\\u202eevil"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d👧", "👩\u200d👧"),
        ("", ""),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_no_control_character_gets_through(text: str) -> None:
    left = {unicodedata.category(c) for c in printable(text) if c not in JOINERS}
    assert not left & {"Cc", "Cf", "Cs", "Co"}
