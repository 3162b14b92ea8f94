"""Voice samples that are read from training data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def assistant_turns(path: Path) -> tuple[str, ...]:
    """Assistant turns of a chat JSONL file, in order, each text once.

    A row is ``{"messages": [{"role": "user", "content": …}, {"role": "assistant", …}]}``.
    Raises ValueError with one sentence about the first thing that is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise ValueError(f"`{path}` cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ValueError(f"`{path}` is not UTF-8 (byte {error.start})") from None
    rows = (_row(path, number, line) for number, line in enumerate(lines, 1) if line.strip())
    turns = dict.fromkeys(text for row in rows for text in row)
    if not turns:
        raise ValueError(f"`{path}` has no assistant turns")
    return tuple(turns)


def _row(path: Path, number: int, line: str) -> list[str]:
    try:
        return list(_texts(json.loads(line)["messages"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError(
            f"line {number} of `{path}` is no chat row: one JSON object a line is wanted, "
            '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", …}]}'
        ) from None


def _texts(messages: Any) -> Iterator[str]:
    for message in messages:
        content = message["content"]
        if not isinstance(content, str):
            raise TypeError
        if message["role"] == "assistant" and content.strip():
            yield content
