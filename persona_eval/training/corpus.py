"""Chat data: JSON Lines of conversations, checked as a whole.

A line is ``{"messages": [{"role": ..., "content": ...}, ...]}``; other keys of the line
(``category``, ``tags``, …) are left alone. Knows nothing about tokens.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from persona_eval.errors import DataError, Problem
from persona_eval.models.base import Message, Role
from persona_eval.suite.suggest import nearest

ROLES: tuple[str, ...] = get_args(Role)
OTHER_NAMES = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant"}
SHAPE = '{"messages": [{"role": "user", "content": "…"}, {"role": "assistant", "content": "…"}]}'


@dataclass(frozen=True)
class Conversation:
    """One line of a file. ``line`` counts from 1."""

    messages: tuple[Message, ...]
    path: Path
    line: int

    @property
    def replies(self) -> tuple[str, ...]:
        """What the assistant says in it."""
        return tuple(m.content for m in self.messages if m.role == "assistant")


def read_conversations(path: Path) -> list[Conversation]:
    """All conversations of a file; blank lines are skipped.

    Raises DataError with every problem of the file at once.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else error.strerror
        raise DataError([Problem(path, 0, 0, "", f"cannot be read: {reason}")]) from None
    problems: list[Problem] = []
    found = [
        conversation
        for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1)
        if line.strip() and (conversation := _read_line(path, number, line, problems))
    ]
    if not found and not problems:
        problems.append(Problem(path, 0, 0, "", f"holds no conversation; one a line: {SHAPE}"))
    if problems:
        raise DataError(problems)
    return found


def split(
    conversations: Sequence[Conversation], share: float, seed: int
) -> tuple[list[Conversation], list[Conversation]]:
    """Conversations to train on and to validate on, both in file order.

    At least one lands on either side; the same seed gives the same split. Raises DataError
    when there are fewer than two.
    """
    if len(conversations) < 2:
        place = conversations[0] if conversations else None
        problem = "too few conversations to set some aside; add more, or give `data.valid`"
        raise DataError([Problem(place.path if place else Path(), 0, 0, "", problem)])
    count = min(max(1, round(share * len(conversations))), len(conversations) - 1)
    chosen = set(random.Random(seed).sample(range(len(conversations)), count))
    train = [c for index, c in enumerate(conversations) if index not in chosen]
    return train, [conversations[index] for index in sorted(chosen)]


def _read_line(
    path: Path, number: int, line: bytes, problems: list[Problem]
) -> Conversation | None:
    try:
        row = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        problems.append(Problem(path, number, error.start + 1, "", "not UTF-8; save it as UTF-8"))
        return None
    except json.JSONDecodeError as error:
        message = f"not JSON ({error.msg}); each line is one object: {SHAPE}"
        problems.append(Problem(path, number, error.colno, "", message))
        return None
    except RecursionError:
        problems.append(Problem(path, number, 1, "", f"nested too deeply; expected {SHAPE}"))
        return None
    wrong = [Problem(path, number, 1, key, message) for key, message in row_problems(row)]
    problems.extend(wrong)
    if wrong:
        return None
    messages = tuple(Message(m["role"], m["content"]) for m in row["messages"])
    return Conversation(messages, path, number)


def row_problems(row: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with one parsed line, as (key, message)."""
    if not isinstance(row, dict):
        yield "", f"is {_kind(row)}, not an object; expected {SHAPE}"
    elif "messages" not in row:
        yield "", f"has no `messages`{_hint(row)}; expected {SHAPE}"
    elif not isinstance(row["messages"], list) or not row["messages"]:
        yield "messages", f"must be a list of at least one user and one assistant message: {SHAPE}"
    else:
        wrong = list(_message_problems(row["messages"]))
        yield from wrong or _order_problems([m["role"] for m in row["messages"]])


def _hint(row: dict[str, Any]) -> str:
    if "conversations" in row:
        return " (`conversations` of `from`/`value` is another format: rename to `messages`, `role`, `content`)"
    near = nearest("messages", map(str, row))
    return f" (did you mean it by `{near}`?)" if near else ""


def _message_problems(messages: list[Any]) -> Iterator[tuple[str, str]]:
    for index, message in enumerate(messages):
        key = f"messages[{index}]"
        if not isinstance(message, dict):
            yield key, f'is {_kind(message)}, not an object with "role" and "content"'
            continue
        yield from _role_problems(f"{key}.role", message)
        yield from _content_problems(f"{key}.content", message)
        for extra in sorted(set(message) - {"role", "content"}):
            yield (
                f"{key}.{extra}",
                "is not used: a message has `role` and `content` only; remove it",
            )


def _role_problems(key: str, message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    role = message.get("role")
    if role in ROLES:
        return
    suggestion = (
        OTHER_NAMES.get(role.lower(), nearest(role, ROLES)) if isinstance(role, str) else None
    )
    meant = f"; did you mean `{suggestion}`?" if suggestion else ""
    shown = "is missing" if "role" not in message else f"is {json.dumps(role)}"
    yield key, f"{shown}; allowed: {', '.join(ROLES)}{meant}"


def _content_problems(key: str, message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "content" not in message:
        yield key, "is missing; give the text of the message"
    elif not isinstance(message["content"], str):
        yield key, f"is {_kind(message['content'])}, not text; give one string"
    elif not message["content"].strip():
        yield key, "is empty; write the message, or remove the line"
    elif not message["content"].isascii() and any(
        "\ud800" <= c <= "\udfff" for c in message["content"]
    ):
        yield key, "holds half a character (a lone surrogate, \\ud800 to \\udfff); write it whole"


def _order_problems(roles: list[str]) -> Iterator[tuple[str, str]]:
    start = 1 if roles[0] == "system" else 0
    for index, role in enumerate(roles[start:], start=start):
        due = "user" if (index - start) % 2 == 0 else "assistant"
        if role == due:
            continue
        why = "a system message can only be the first" if role == "system" else f"here {due} is due"
        yield f"messages[{index}].role", f"is {role}, but {why}: user and assistant take turns"
        return
    if roles[-1] != "assistant":
        yield (
            "messages",
            f"end with {roles[-1]}, but the last message must be the assistant's reply",
        )


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false"}
    if value is None:
        return "null"
    return names.get(type(value), "a number")
