"""Colours of a report's lines, for where there is a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping

Markup = Mapping[str, bool]

# No word of a model stands where these look: it is indented further, or behind a name.
_TONES: tuple[tuple[re.Pattern[str], Markup], ...] = (
    (re.compile(r"gate PASS\b"), {"green": True, "bold": True}),
    (re.compile(r"gate (FAIL|ERROR)\b|ERROR "), {"red": True, "bold": True}),
    (re.compile(r"(broken|failed) "), {"red": True}),
    (re.compile(r"fixed "), {"green": True}),
    (re.compile(r"note "), {"yellow": True}),
    (re.compile(r"trials? \d.*: failed$"), {"red": True, "bold": True}),
    (re.compile(r"trials? \d.*: passed$"), {"green": True, "bold": True}),
    (re.compile(r" {4}(FAIL|ERR ) |    trial \d+ (failed|could)"), {"red": True}),
    (re.compile(r" {4}(ok  ) |    trial \d+ passed"), {"green": True}),
)


def tone(line: str) -> Markup:
    """How pytest's terminal writer is to show a line, by how it begins."""
    return next((markup for pattern, markup in _TONES if pattern.match(line)), {})
