"""YAML as a person would write it, for what commands add to a project."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[^\W\d_](?:[\w .'-]*\w)?")
_NO_TEXT = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What YAML readers take for something else."""
_KEPT = "\u200c\u200d"  # Persian words and emoji families are written with them


def quoted(text: str) -> str:
    """The text as a scalar in double quotes, on one line: it reads as the same text, whatever
    it holds. Half characters (lone surrogates), which no file can hold, become U+FFFD."""
    return "".join(map(_shown, json.dumps(text, ensure_ascii=False)))


def scalar(text: str) -> str:
    """The same without quotes, where it reads as text in any YAML: names, mostly."""
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _NO_TEXT
    return text if plain else quoted(text)


def flow_list(texts: Iterable[str]) -> str:
    """A list of names in brackets, on one line."""
    return f"[{', '.join(map(scalar, texts))}]"


def _shown(character: str) -> str:
    code = ord(character)
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    if character.isprintable() or character in _KEPT:
        return character
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
