"""Text in GitHub's Markdown that stays what it is.

A backslash keeps GitHub neither from linking `#12` nor from telling `@somebody`: that is looked
for in the finished page. Only code is left alone, so that all words that are not this project's
own – a model's, an author's – stand in code spans and fenced blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from persona_eval.reports.plain import printable

SHOWN = 300
"""Letters of a text that is one span."""
_TICKS = re.compile(r"`+")


def code(text: str, most: int = SHOWN) -> str:
    """A code span. A longer text is cut."""
    shown = printable(text).strip() or "(empty)"
    shown = shown if len(shown) <= most else f"{shown[: most - 2]} …"
    fence = "`" * (_longest(shown) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def block(lines: Iterable[str]) -> str:
    """A fenced block of these lines."""
    text = "\n".join(lines)
    fence = "`" * max(3, _longest(text) + 1)
    return f"{fence}text\n{text}\n{fence}"


def table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table, its first column to the left and the others to the right. Cells are Markdown
    without a pipe."""
    heads = list(headers)
    ruler = [":--", *["--:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, ruler, *rows))


def cell(text: str) -> str:
    """Text for a cell: a pipe ends a cell even within a code span, unless it is escaped."""
    return text.replace("|", "\\|")


def details(summary: str, body: str) -> str:
    """A part that is shown when it is clicked on."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"


def link(text: str, url: str | None) -> str:
    """A link, or the text alone."""
    return f"[{text}]({url})" if url else text


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
