"""Saved replies: JSON Lines, each row for a case of a suite."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from persona_eval.errors import DataError, Problem
from persona_eval.judging import ReplyText
from persona_eval.models.base import FinishReason
from persona_eval.suite.models import Case, Suite
from persona_eval.suite.suggest import did_you_mean

KEYS = ("case", "reply", "replies", "trial", "finish_reason")
REASONS = get_args(FinishReason)


@dataclass(frozen=True)
class Row:
    """The replies of one trial of a case, one for each generated turn."""

    case: Case
    trial: int
    """Counted from 1, as everywhere."""
    replies: tuple[ReplyText, ...]

    @property
    def asked(self) -> Case:
        """The case in the wording that this trial asks."""
        return self.case.worded(self.trial - 1)


def read_rows(source: str, suite: Suite) -> list[Row]:
    """Rows of a file, or of standard input for ``-``. Raises DataError with all problems."""
    path = Path("<stdin>" if source == "-" else source)
    try:
        text = sys.stdin.read() if source == "-" else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError([Problem(path, 0, 0, "", f"cannot be read: {error}")]) from None
    cases = {case.id: case for case in suite.cases}
    rows: list[Row] = []
    problems: list[Problem] = []
    seen: Counter[str] = Counter()
    # Not splitlines: a reply may hold U+2028 and its like inside a JSON string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        found = [f"{key}: {message}" if key else message for key, message in _wrong(line, cases)]
        problems += [Problem(path, number, 1, "", message) for message in found]
        if not found:
            rows.append(_row(json.loads(line), cases, seen))
    if not rows and not problems:
        problems.append(Problem(path, 0, 0, "", 'holds no row; write {"case": id, "reply": text}'))
    if problems:
        raise DataError(problems)
    return rows


def _row(data: dict[str, Any], cases: dict[str, Case], seen: Counter[str]) -> Row:
    case, reason = cases[data["case"]], cast(FinishReason, data.get("finish_reason") or "stop")
    texts = data["replies"] if "replies" in data else [data["reply"]]
    seen[case.id] += 1
    trial = seen[case.id] if data.get("trial") is None else data["trial"]
    earlier: list[ReplyText] = [(text, "stop") for text in texts[:-1]]
    return Row(case, trial, (*earlier, (texts[-1], reason)))


def _wrong(line: str, cases: dict[str, Case]) -> Iterator[tuple[str, str]]:
    try:
        data = json.loads(line)
    except ValueError as error:
        yield "", f"is not JSON ({error})"
        return
    if not isinstance(data, dict):
        yield "", 'is no object; write {"case": id, "reply": text}'
        return
    for key in data.keys() - set(KEYS):
        yield key, f"unknown key{did_you_mean(key, KEYS)} Allowed: {', '.join(KEYS)}"
    if not isinstance(data.get("case"), str) or data["case"] not in cases:
        case = str(data.get("case"))
        yield "case", f"the suite has no case `{case}`{did_you_mean(case, list(cases))}"
        return
    yield from _wrong_replies(data, cases[data["case"]])
    trial, reason = data.get("trial"), data.get("finish_reason")
    if trial is not None and (not isinstance(trial, int) or isinstance(trial, bool) or trial < 1):
        yield "trial", f"must be a whole number from 1, not {trial!r}"
    if reason is not None and reason not in REASONS:
        yield "finish_reason", f"must be one of {', '.join(REASONS)}, not {reason!r}"


def _wrong_replies(data: dict[str, Any], case: Case) -> Iterator[tuple[str, str]]:
    wanted = len(case.generated_turns)
    if ("reply" in data) == ("replies" in data):
        yield (
            "reply",
            "give `reply` (text), or `replies` (a list) where several turns are generated",
        )
    elif "reply" in data and not isinstance(data["reply"], str):
        yield "reply", f"must be text, not {type(data['reply']).__name__}"
    elif "reply" in data and wanted > 1:
        yield (
            "reply",
            f"case `{case.id}` has {wanted} generated turns: give `replies`, a list of {wanted}",
        )
    elif "replies" in data and not _texts(data["replies"], wanted):
        yield (
            "replies",
            f"must be a list of {wanted} texts, one for each generated turn of `{case.id}`",
        )


def _texts(value: Any, count: int) -> bool:
    return (
        isinstance(value, list) and len(value) == count and all(isinstance(v, str) for v in value)
    )
