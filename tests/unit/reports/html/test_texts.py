"""A model's words on a page, and what differs between two replies."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.reports.html.texts import Part, differences, figure, shown


def marked(parts: list[Part]) -> str:
    return "".join(f"[{part.text}]" if part.differs else part.text for part in parts)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Hello!\nYou?", "Hello!\nYou?"),
        ("a\r\nb\rc", "a\nb ⏎ c"),
        ("\x1b[31mred\x00", "\\u001b[31mred\\u0000"),
        ("\u202eevil", "\\u202eevil"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("half \ud83d", "half \\ud83d"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_control_characters_are_shown_and_not_obeyed(text: str, seen: str) -> None:
    assert shown(text) == seen


@pytest.mark.parametrize(
    ("before", "after", "then", "now"),
    [
        ("Mum reads to me.", "Moss reads to me.", "[Mum] reads to me.", "[Moss] reads to me."),
        ("I dig.", "I dig holes.", "I dig.", "I dig [holes]."),
        ("A, b. C!", "D, b. E!", "[A], b. [C]!", "[D], b. [E]!"),
        ("I dig holes.", "I dig holes.", "I dig holes.", "I dig holes."),
        (
            "我叫莫斯，我六岁了",
            "我叫塔利，我六岁了",
            "我叫[莫斯]，我六岁了",
            "我叫[塔利]，我六岁了",
        ),
        ("שלום, אני מוס", "שלום, אני טולי", "שלום, אני [מוס]", "שלום, אני [טולי]"),
        ("Hi 👨‍👩‍👧 you", "Hi 👨‍👩‍👦 you", "Hi [👨‍👩‍👧] you", "Hi [👨‍👩‍👦] you"),
    ],
)
def test_differences_word_by_word(before: str, after: str, then: str, now: str) -> None:
    found = differences(before, after)
    assert found is not None
    assert (marked(found[0]), marked(found[1])) == (then, now)


@pytest.mark.parametrize(
    ("before", "after"),
    [("I like mud.", "Grandpa snores loudly"), ("", "Hello!"), ("!!!", "!?!"), ("", "")],
)
def test_replies_with_nothing_in_common_are_not_marked(before: str, after: str) -> None:
    assert differences(before, after) is None


@settings(deadline=None)
@given(st.text(), st.text())
def test_the_parts_are_the_whole_reply(before: str, after: str) -> None:
    for one, other in ((before, after), (f"I dig {before} holes", f"I dig {after} holes")):
        if found := differences(one, other):
            assert ["".join(part.text for part in parts) for parts in found] == [one, other]


@settings(deadline=None)
@given(st.text(st.characters(codec=None)))
def test_what_is_shown_can_be_written_and_holds_no_control_character(text: str) -> None:
    seen = shown(text)
    assert not any(ord(sign) < 32 and sign != "\n" for sign in seen)
    seen.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "short"),
    [
        (None, ""),
        (0.012947934737304462, "0.0129"),
        (3, "3"),
        (220.0, "220"),
        ("t\x00a", "t\\u0000a"),
    ],
)
def test_figures_are_short(value: float | str | None, short: str) -> None:
    assert figure(value) == short
