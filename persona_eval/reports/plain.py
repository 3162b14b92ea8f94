"""A model's words on a terminal, and in every other report."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

JOINERS = "\u200c\u200d"  # Persian words and emoji families are written with them
BREAKS = "\r\n\u2028\u2029"
NO_CHARACTERS = range(0xFDD0, 0xFDF0)
"""Code points that are none, beside the last two of each plane; XML holds no U+FFFE."""


def printable(text: str) -> str:
    """The text on one line, with control characters shown instead of obeyed."""
    if text.isprintable():  # which most are, and to ask is thirty times as fast
        return text
    return "".join(_shown(character) for character in text)


def printable_lines(text: str) -> str:
    """The text with its own line breaks, and other control characters shown. Its further lines
    are indented, so that none passes for a line of the report."""
    return "\n    ".join(map(printable, text.split("\n")))


def printable_json(value: Any, indent: int | None = None) -> str:
    """JSON whose texts are the same, with what a terminal might obey written as escapes."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "\n".join(line if line.isprintable() else _escaped(line) for line in text.split("\n"))


def _escaped(line: str) -> str:
    return "".join(c if _shown(c) == c else json.dumps(c)[1:-1] for c in line)


def _shown(character: str) -> str:
    if character in BREAKS:
        return " ⏎ "
    if character in JOINERS:
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") or _is_none(character):
        return f"\\u{ord(character):04x}" if character != "\t" else " "
    return character


def _is_none(character: str) -> bool:
    point = ord(character)
    return point & 0xFFFE == 0xFFFE or point in NO_CHARACTERS
