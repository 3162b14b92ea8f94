"""The file of stubs: lines of training data whose replies wait to be written."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from persona_eval.errors import DataError, PersonaEvalError, Problem
from persona_eval.gaps.stubs import Kept
from persona_eval.lint.spoken import Spoken, said_by
from persona_eval.models.base import Message
from persona_eval.suite.models import CATEGORIES
from persona_eval.training.corpus import Conversation, row_problems

MARK = "train_safe"
"""The key that makes a line a stub: null until its answer was taken."""


@dataclass(frozen=True)
class StubLine:
    """A line of the file."""

    path: Path
    line: int
    raw: bytes
    """As it stands there."""
    row: dict[str, Any]

    @cached_property
    def conversation(self) -> Conversation:
        said = tuple(Message(m["role"], m["content"]) for m in self.row["messages"])
        return Conversation(said, self.path, self.line)

    @property
    def answers(self) -> list[bool]:
        """Of each reply, whether it is written."""
        return [bool(text.strip()) for text in self.conversation.replies]

    @property
    def label(self) -> tuple[str, bool]:
        return self.row["category"], self.row["control"]

    @property
    def users(self) -> list[Spoken]:
        """What the user says."""
        return said_by("user", [self.conversation])


def read_stubs(path: Path) -> list[StubLine]:
    """All stubs of a file. Raises DataError with every line that is none."""
    problems: list[Problem] = []
    found = []
    for number, raw in enumerate(_bytes(path).split(b"\n"), start=1):
        if not raw.strip():
            continue
        try:
            row = json.loads(raw.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            problems.append(Problem(path, number, 1, "", f"is no JSON in UTF-8 ({error})"))
            continue
        wrong = [Problem(path, number, 1, key, message) for key, message in _wrong(row)]
        problems += wrong
        if not wrong:
            found.append(StubLine(path, number, raw, row))
    if problems:
        raise DataError(problems)
    return found


def kept(lines: Sequence[StubLine]) -> Kept:
    """How many stubs wait, by what they are a case of and by user turns."""
    return Counter((line.label, len(line.users)) for line in lines)


def append_rows(path: Path, rows: Sequence[dict[str, Any]]) -> int:
    """Add lines at the end of a file; what is there stays as it is. Returns the line of the first.
    Raises PersonaEvalError where that cannot be written, and then nothing is."""
    before = _bytes(path) if path.exists() else b""
    before += b"\n" if before and not before.endswith(b"\n") else b""
    new = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    replace_whole(path, before + new.encode("utf-8"))
    return before.count(b"\n") + 1


def replace_whole(path: Path, content: bytes) -> None:
    """Write a file beside and put it into place. Raises PersonaEvalError."""
    path = path.resolve()
    beside = path.with_name(f".{path.name}.partial")
    try:
        beside.write_bytes(content)
        if path.exists():
            shutil.copymode(path, beside)
        os.replace(beside, path)
    except OSError as error:
        raise PersonaEvalError(
            f"{path} cannot be written ({error.strerror}): what was there is as it was"
        ) from None
    finally:
        if beside.exists():
            beside.unlink()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise DataError([Problem(path, 0, 0, "", f"cannot be read: {reason}")]) from None


def _wrong(row: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with one line: the shape is that of training data, with empty texts."""
    if not isinstance(row, dict) or MARK not in row:
        yield (
            "",
            f"is no stub: it has no `{MARK}`. Stubs are what `persona-eval gaps --stubs FILE` "
            "writes; they have a file of their own",
        )
        return
    yield from row_problems({**row, "messages": _filled(row.get("messages"))})
    if row.get("category") not in CATEGORIES:
        yield "category", f"must be one of {', '.join(CATEGORIES)}, not {row.get('category')!r}"
    if not isinstance(row.get("control"), bool):
        yield "control", f"must be true or false, not {row.get('control')!r}"
    if not _is_wish(row.get("words", {})):
        yield "words", 'must be such as {"min": 1, "max": 19}'
    if row[MARK] not in (None, True, False):
        yield MARK, f"must be null, true or false, not {row[MARK]!r}"


def _filled(messages: Any) -> Any:
    """The messages with a sign in place of empty texts."""
    if not isinstance(messages, list):
        return messages
    return [{**m, "content": "…"} if _is_empty(m) else m for m in messages]


def _is_empty(message: Any) -> bool:
    content = message.get("content") if isinstance(message, dict) else None
    return isinstance(content, str) and not content.strip()


def _is_wish(words: Any) -> bool:
    return isinstance(words, dict) and all(
        key in ("min", "max") and isinstance(value, int) and not isinstance(value, bool)
        for key, value in words.items()
    )
