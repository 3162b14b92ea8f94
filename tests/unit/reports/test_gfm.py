"""Whatever a text holds, in GitHub's Markdown it stays that text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from persona_eval.reports.gfm import block, code, details, link, table
from persona_eval.reports.plain import printable

HOSTILE = st.text(st.sampled_from("`~|\\*_#<>[]()!@$&;-=+ \n\t1a:/.")) | st.text(st.characters())


def parsed(text: str) -> list[Token]:
    """Blocks and what is in them, as a parser of CommonMark with tables sees them."""
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    return [each for token in blocks for each in (token, *(token.children or ()))]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("tea", "`tea`"),
        ("@somebody #12 <b>", "`@somebody #12 <b>`"),
        ("a `b` c", "``a `b` c``"),
        ("`", "`` ` ``"),
        ("``` ```", "```` ``` ``` ````"),
        ("  ", "`(empty)`"),
        ("a\nb", "`a ⏎ b`"),
        ("x" * 400, f"`{'x' * 298} …`"),
    ],
)
def test_a_span(text: str, written: str) -> None:
    assert code(text) == written


@given(HOSTILE)
def test_a_span_is_one_span_and_nothing_else(text: str) -> None:
    tokens = parsed(f"before {code(text)} after")
    assert [t.type for t in tokens if t.type not in ("text", "inline")] == [
        "paragraph_open",
        "code_inline",
        "paragraph_close",
    ]
    (span,) = [token for token in tokens if token.type == "code_inline"]
    assert span.content == (printable(text).strip() or "(empty)")


@given(st.lists(HOSTILE.map(printable), max_size=4))
def test_a_block_is_one_block_and_nothing_else(lines: list[str]) -> None:
    (fence,) = parsed(block(lines))
    assert (fence.type, fence.info) == ("fence", "text")
    assert fence.content == "\n".join(lines) + "\n"


def test_a_table() -> None:
    text = table(["category", "cases"], [["boundary", "2"], ["all", "3"]])
    assert text.splitlines() == [
        "| category | cases |",
        "| :-- | --: |",
        "| boundary | 2 |",
        "| all | 3 |",
    ]
    assert [t.content for t in parsed(text) if t.type == "text"][2:] == [
        "boundary",
        "2",
        "all",
        "3",
    ]


def test_a_folded_part_holds_markdown() -> None:
    kinds = [token.type for token in parsed(details("Fixed (1)", block(["Hm."])))]
    assert kinds == ["html_block", "fence", "html_block"]


def test_a_link_needs_a_place() -> None:
    assert link("run", "https://a.b/c") == "[run](https://a.b/c)"
    assert link("run", None) == "run"
