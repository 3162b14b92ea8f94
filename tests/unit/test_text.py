"""Plain text, in more scripts than one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.text import (
    finds,
    fold,
    is_unspaced,
    sentences,
    spans,
    straighten,
    words,
)


@pytest.mark.parametrize(
    ("curly", "plain"),
    [
        ("don’t", "don't"),
        ("“Hi”", '"Hi"'),
        ("«Hi»", '"Hi"'),
        ("a – b — c", "a - b - c"),
        ("well…", "well..."),
        ("a\u00a0b", "a b"),
        ("cafe\u0301", "café"),
        ("ｆｕｌｌ", "full"),
    ],
)
def test_straighten(curly: str, plain: str) -> None:
    assert straighten(curly) == plain


def test_fold_compares_what_a_reader_takes_for_the_same() -> None:
    assert fold("  It’s\n\tFUN ") == fold("it's fun")
    assert fold("STRASSE") == fold("Straße")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("I'm a six-year-old, me!", ["I'm", "a", "six-year-old", "me"]),
        ("3 cakes", ["3", "cakes"]),
        ("'quoted'", ["quoted"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("?!", []),
        ("", []),
    ],
)
def test_words(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ('"Hi!" she said. Bye', ['"Hi!"', "she said.", "Bye"]),
        ("no end", ["no end"]),
        ("line\nbreak", ["line", "break"]),
        ("3.5 miles", ["3.5 miles"]),
        ("  ", []),
    ],
)
def test_sentences(text: str, found: list[str]) -> None:
    assert sentences(text) == found


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("moss", "My brother Moss!", True),
        ("moss", "mossy stones", False),
        ("Moss", "MOSS’s ball", True),
        ("don't know", "I don’t\nknow", True),
        ("C++", "I like C++.", True),
        ("!", "Hey!", True),
        ("東京", "私は東京に住む", True),
        ("ab", "a b", False),
    ],
)
def test_a_phrase_is_found_between_word_borders(phrase: str, text: str, found: bool) -> None:
    assert finds(phrase, text) is found


def test_case_matters_on_request() -> None:
    assert finds("Mum", "Ask Mum.", case=True)
    assert not finds("Mum", "ask mum", case=True)


def test_scripts_without_blanks() -> None:
    assert is_unspaced("สวัสดี")
    assert not is_unspaced("hello नमस्ते")


@given(st.text())
def test_folding_is_done_once_and_for_all(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="abc déß-'", min_size=1).filter(str.strip), st.text(), st.text())
def test_a_text_holds_its_own_parts(phrase: str, before: str, after: str) -> None:
    assert finds(phrase, f"{before} . {phrase.strip()} . {after}")


@given(st.text(min_size=1).filter(lambda text: fold(text)))
def test_every_phrase_is_found_in_itself(phrase: str) -> None:
    assert (0, len(fold(phrase))) in spans(phrase, phrase)


def test_spans_are_places_in_the_levelled_text() -> None:
    assert list(spans("moss", " Moss, mossy  moss")) == [(0, 4), (12, 16)]
    assert list(spans("Big  Moss", "big moss, Big\nMoss", case=True)) == [(10, 18)]
