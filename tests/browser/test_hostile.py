"""Replies that try to be more than text, and texts of all sorts."""

from __future__ import annotations

import pytest
from browsed import Open, link
from pages import Told, content_of, score

HOSTILE = [
    "<script>document.title = 'taken'</script>",
    "</script><script>document.title = 'taken'</script>",
    "</style><style>body { display: none }</style>",
    "<img src=x onerror=\"document.title = 'taken'\">",
    '<svg onload="document.title = \'taken\'"><a href="javascript:alert(1)">x</a></svg>',
    "</noscript></details></main><iframe src='https://example.org'></iframe>",
    "<!-- <script> -->",
    "]]>&lt;b&gt;{{ 7 * 7 }}{% include 'x' %}${7*7}",
    "<base href='https://example.org/'><meta http-equiv='refresh' content='0; https://example.org'>",
    "<form action='https://example.org'><input name=text id=text></form>",
    "__proto__ constructor toString",
]


@pytest.mark.parametrize("reply", HOSTILE)
def test_a_reply_is_text_and_nothing_else(show: Open, reply: str) -> None:
    """The fixture fails where anything runs, is asked for, or breaks the page's own policy."""
    told = Told(
        "a", "--", [[reply], [f"{reply} x"]], "++", [[f"{reply} and more"], [reply]], prompt=reply,
        scores=[score(False, expectation=reply, reason=reply, value=reply, limit=reply, source="case")],
    )  # fmt: skip
    page = show(content_of(told), link("a"))
    page.locator(".trial").first.wait_for()
    assert page.title().startswith("Gate: FAIL")
    assert page.locator(".trial blockquote").first.inner_text() == reply
    assert page.locator(".flip blockquote").nth(1).inner_text() == reply
    assert page.locator(".said").first.inner_text().endswith(reply)
    assert page.locator(".scores .reason").last.inner_text() == reply
    assert (
        page.locator("main script, main style, main img, iframe, base, main form form").count() == 0
    )
    page.get_by_label("Search").fill(reply)
    page.wait_for_timeout(150)
    assert page.locator(".case:visible").count() == 1


@pytest.mark.parametrize(
    ("reply", "seen"),
    [
        ("", "(empty)"),
        (" \n ", "(empty)"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("\x1b[31mred\x00", "\\u001b[31mred\\u0000"),
        ("\u202eevil", "\\u202eevil"),
        ("👨‍👩‍👧 我六岁了", "👨‍👩‍👧 我六岁了"),
    ],
)
def test_replies_of_all_sorts(show: Open, reply: str, seen: str) -> None:
    page = show(content_of(Told("a", "-", [[reply]])), link("a"))
    page.locator(".trial").first.wait_for()
    assert page.locator(".trial blockquote").first.inner_text() == seen


def test_right_to_left_is_read_from_the_right(show: Open) -> None:
    told = Told("a", "+-", [["שלום, אני בו"], ["Hello"]], prompt="مَن أنت؟")
    page = show(content_of(told), link("a"))
    page.locator(".trial").first.wait_for()
    ways = "[...document.querySelectorAll('.trial blockquote')].map((e) => getComputedStyle(e).direction)"
    assert page.evaluate(ways) == ["rtl", "ltr"]


def test_differences_are_marked_by_whole_letters(show: Open) -> None:
    """Letters beyond the first 65,536 count as two in a browser, and as one in Python."""
    told = Told("a", "-", [["🦡🦡 I dig holes 🦡"]], "-", [["🦡🦡 I dig tunnels 🦡"]])
    page = show(content_of(told), link("a"))
    page.locator(".trial").first.wait_for()
    assert page.locator(".trial ins").all_inner_texts() == ["holes"]
    assert page.locator(".trial del").all_inner_texts() == ["tunnels"]
