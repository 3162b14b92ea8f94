"""A model's words on a terminal."""

from __future__ import annotations

import unicodedata

JOINERS = "\u200c\u200d"  # Persian words and emoji families are written with them


def printable(text: str) -> str:
    """The text on one line, with control characters shown instead of obeyed."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\r\n":
        return " ⏎ "
    if character in JOINERS:
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co"):
        return f"\\u{ord(character):04x}" if character != "\t" else " "
    return character
