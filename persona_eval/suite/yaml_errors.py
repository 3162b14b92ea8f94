"""What a YAML parser complains about, in words that help."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from persona_eval.errors import Problem

_CONTROL = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_TAB_INDENT = re.compile(r"^ *\t", re.MULTILINE)

# libyaml and PyYAML's own parser word some complaints differently; each pattern fits both.
_MENDS = (
    (r"mapping values are not allowed", "text with `: ` in it goes in quotes; otherwise check the indentation"),
    (r"sequence entries are not allowed", "a list starts on a line of its own; text that starts with `- ` goes in quotes"),
    (r"undefined alias", "text that starts with `*` goes in quotes; an alias needs its `&name` earlier in the file"),
    (r"another document", "one file holds one document: remove the `---` line"),
    (r"(expected|find) '?,|',' or", "close the bracket that is open here, or put the text in quotes"),
    (r"unexpected end of stream", "the quote that opens here is never closed"),
    (r"escape", "in double quotes a backslash starts an escape: write it twice, or use single quotes"),
    (r"alphabetic or numeric", "text that starts with `*` or `&` goes in quotes"),
    (r"could not find expected ':'", "a key is followed by `: `; text of several lines goes in quotes or after `>-`"),
    (r"nested deeper|nesting depth", "no suite needs that"),
    (r"did not find expected|expected <block end>", "check the indentation and that quotes close where the text ends"),
)  # fmt: skip


def syntax_problem(path: Path, text: str, error: yaml.YAMLError) -> Problem:
    """One problem for a file that is not YAML: where, what and how to mend it."""
    if isinstance(error, yaml.MarkedYAMLError):
        return _marked_problem(path, text, error)
    found = _CONTROL.search(text)
    at = found.start() if found else 0
    shown = f"U+{ord(text[at]):04X}" if found else "something"
    message = f"the control character {shown} is not allowed: remove it, or write it as an escape"
    return Problem(path, *_place(text, at), "", message)


def _marked_problem(path: Path, text: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark
    complaint = (error.problem or "broken").removeprefix("but ")
    if complaint.startswith("found unexpected end"):
        mark = error.context_mark or mark
    if mark is None:
        return Problem(path, 0, 0, "", f"not YAML: {complaint}")
    message = _message(complaint, text.splitlines(), mark)
    return Problem(path, mark.line + 1, mark.column + 1, "", message)


def _message(complaint: str, lines: list[str], mark: yaml.Mark) -> str:
    line = lines[mark.line] if mark.line < len(lines) else ""
    if _TAB_INDENT.match(line):
        return "not YAML: a tab indents this line: use spaces"
    if "cannot start any token" in complaint:
        sign = line[mark.column : mark.column + 1]
        return f"not YAML: text that starts with `{sign}` goes in quotes"
    mend = next((mend for pattern, mend in _MENDS if re.search(pattern, complaint)), None)
    return f"not YAML: {complaint}" + (f": {mend}" if mend else "")


def _place(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
