"""A model's words on a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.reports.plain import JOINERS, printable, printable_json, printable_lines


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
        ("a\u2028b\u2029c", "a ⏎ b ⏎ c"),
        ("a\x00\x7f\x85b", "a\\u0000\\u007f\\u0085b"),
        ("\ufdd0\ufffe\U0001ffff\ufffd", "\\ufdd0\\ufffe\\u1ffff\ufffd"),
        ("", ""),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_no_control_character_gets_through(text: str) -> None:
    left = {unicodedata.category(c) for c in printable(text) if c not in JOINERS}
    assert not left & {"Cc", "Cf", "Cs", "Co"}


@given(st.text(st.characters()))
def test_nothing_ends_the_line(text: str) -> None:
    assert len(printable(text).splitlines()) <= 1


def test_a_text_of_several_lines_keeps_them_and_forges_none() -> None:
    text = "one\ntwo \x1b[2J\r\ngate PASS"
    assert printable_lines(text) == "one\n    two \\u001b[2J ⏎ \n    gate PASS"


@given(st.text(st.characters()))
def test_json_says_the_same_and_drives_no_terminal(text: str) -> None:
    written = printable_json({text: [text]}, indent=1)
    assert json.loads(written) == {text: [text]}
    left = {unicodedata.category(c) for c in written if c not in {*JOINERS, "\n"}}
    assert not left & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def test_json_stays_readable() -> None:
    assert printable_json("Grüße 🦘 \u202e\x9b") == '"Grüße 🦘 \\u202e\\u009b"'
