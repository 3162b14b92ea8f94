"""Cases added to a suite's file, which otherwise stays as it was written, comments too."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from persona_eval.suite.models import Case
from persona_eval.suite.writing import quoted, scalar

READER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""As suites are read: Python's own reader stumbles over a question mark in brackets."""
SCHEMAS = ("../suite.schema.json", "suite.schema.json")
"""Where the schema for editors may lie."""


def add_case(path: Path, case: Case, prove: Callable[[Path], object], card: str) -> None:
    """Write a case at the end of the suite's `cases`; a suite that is not there yet is begun for
    the character ``card``, a file beside it.

    ``prove`` is given a copy with the case in it, in the same folder, and raises where that
    cannot be used: then the suite stays as it was.
    """
    path = path.resolve()
    beside = path.with_name(f".{path.name}.partial")
    try:
        before = path.read_bytes().decode("utf-8-sig") if path.exists() else None
        text = (
            _begun(path.parent, card) + _block(case, 2)
            if before is None
            else with_case(before, case)
        )
        beside.write_bytes(text.encode("utf-8"))
        if before is not None:
            shutil.copymode(path, beside)
        prove(beside)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def free_id(wanted: str, taken: set[str]) -> str:
    """The id, with a number where it is taken already."""
    number, found = 1, wanted
    while found in taken:
        number += 1
        found = f"{wanted}-{number}"
    return found


def _begun(folder: Path, card: str) -> str:
    """The head of a suite."""
    found = next((place for place in SCHEMAS if (folder / place).is_file()), None)
    line = f"# yaml-language-server: $schema={found}\n" if found else ""
    return f"{line}persona: {scalar(card)}\n\ncases:\n"


def with_case(text: str, case: Case) -> str:
    """The text of a suite that can be read, with one more case."""
    suite = yaml.compose(text, Loader=READER)
    assert isinstance(suite, yaml.MappingNode), "a suite that loads is a mapping"
    index = [key.value for key, _ in suite.value].index("cases")
    cases = suite.value[index][1]
    assert isinstance(cases, yaml.SequenceNode), "as its cases are a list"
    if suite.flow_style or cases.flow_style:
        return _in_brackets(text, cases, case)
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    place = _end_of(suite, index, lines)
    before, rest = "".join(lines[:place]), "".join(lines[place:])
    gap = newline if before.endswith("\n") else 2 * newline
    block = _block(case, cases.start_mark.column).replace("\n", newline)
    return before + gap + block + (newline if rest.strip() else "") + rest.lstrip("\r\n")


def _end_of(suite: yaml.MappingNode, index: int, lines: list[str]) -> int:
    """The line before which a case is added: behind the last one and its comments, before the
    next key and its own."""
    starts = [key.start_mark.line for key, _ in suite.value]
    if index + 1 < len(starts):
        place: int = starts[index + 1]
        while lines[place - 1].startswith("#"):
            place -= 1
    else:
        ends = (n for n in range(starts[index], len(lines)) if lines[n].rstrip() in ("...", "---"))
        place = next(ends, len(lines))
    while not lines[place - 1].strip():
        place -= 1
    return place


def _in_brackets(text: str, cases: yaml.SequenceNode, case: Case) -> str:
    """A list that is written in brackets."""
    end = cases.value[-1].end_mark.index
    return f"{text[:end]}, {_flow(_data(case))}{text[end:]}"


def _data(case: Case) -> dict[str, Any]:
    """What an author would write of it."""
    turns = [
        turn.model_dump(include={"user", "assistant"}, exclude_none=True) for turn in case.turns
    ]
    said = {"prompt": case.turns[0].user} if len(turns) == 1 else {"turns": turns}
    control = {"control": True} if case.control else {}
    examples = {key: getattr(case, key) for key in ("good", "bad") if getattr(case, key)}
    return {"id": case.id, "category": case.category} | control | said | examples


def _block(case: Case, indent: int) -> str:
    """The case as an item of a list."""
    return "".join(f"{' ' * indent}{line}\n" for line in _lines([_data(case)]))


def _lines(value: Any) -> Iterator[str]:
    """Lists and mappings, a line or more for each entry."""
    if isinstance(value, dict):
        for key, part in value.items():
            if isinstance(part, str | bool):
                yield _pair(key, part)
            else:
                yield f"{key}:"
                yield from (f"  {line}" for line in _lines(part))
        return
    for item in value:
        first, *more = [quoted(item)] if isinstance(item, str) else _lines(item)
        yield f"- {first}"
        yield from (f"  {line}" for line in more)


def _flow(value: Any) -> str:
    """On one line."""
    if isinstance(value, dict):
        return f"{{{', '.join(_pair(key, part) for key, part in value.items())}}}"
    return quoted(value) if isinstance(value, str) else f"[{', '.join(map(_flow, value))}]"


def _pair(key: str, part: Any) -> str:
    if isinstance(part, bool):
        return f"{key}: {str(part).lower()}"
    return f"{key}: {scalar(part) if key in ('id', 'category') else _flow(part)}"
