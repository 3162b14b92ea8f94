"""The accepted run of a character: two files beside its suites, small and made for review.

`baseline.json` says what was accepted, one line a case; `baseline.replies.jsonl` holds the replies,
so that a machine without the store judges both sides by today's rules. Each kind of engine has a
section of its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import Field

from persona_eval.errors import BaselineError, Problem
from persona_eval.fingerprint import digest_text
from persona_eval.judging import ReplyText
from persona_eval.models.base import FinishReason
from persona_eval.suite.complaints import complaints
from persona_eval.suite.fields import Frozen, Text
from persona_eval.suite.models import CategoryName

FILE, REPLIES_FILE = "baseline.json", "baseline.replies.jsonl"
SCHEMA_VERSION = 1
REASONS = get_args(FinishReason)
_MEND = "restore the file from version control, or accept a run anew: persona-eval accept --force"

Trials = tuple[tuple[ReplyText, ...], ...]
"""Replies, trial by trial and turn by turn."""


class AcceptedCase(Frozen):
    """A case as it was accepted."""

    category: CategoryName
    control: bool
    expectations: tuple[Text, ...]
    """Titles of all that judged it, the pack included."""
    fingerprint: Text
    pass_rate: float = Field(gt=0, le=1)
    """Share of the trials that had to pass."""
    least: int = Field(ge=1)
    """Fewest trials."""
    most: int = Field(ge=1)
    """Most trials, by which it is judged."""
    passed: tuple[bool, ...] = Field(min_length=1)
    """Of each trial, by the rules of that day."""


class Named(Frozen):
    """A model or an adapter."""

    name: Text
    fingerprint: Text


class Section(Frozen):
    """What was accepted on one kind of engine."""

    model: Named
    adapter: Named
    accepted: Text
    """Day, as YYYY-MM-DD."""
    run: int
    """Its number in the store it came from."""
    commit: str | None = None
    """Of git, where there is one."""
    version: Text
    """Of persona-eval."""
    cases: dict[str, AcceptedCase] = Field(min_length=1)
    """By file and id."""


class BaselineFile(Frozen):
    """`baseline.json`."""

    version: int = Field(alias="schema")
    persona: Text
    replies: Text
    """Digest of `baseline.replies.jsonl`."""
    engines: dict[str, Section] = Field(min_length=1)
    """By kind of engine."""


@dataclass(frozen=True)
class Baseline:
    """Both files of a folder."""

    folder: Path
    file: BaselineFile
    replies: Mapping[tuple[str, str], Trials]
    """By engine and case."""

    def section(self, engine: str) -> Section | None:
        """What was accepted on this kind of engine, or None."""
        return self.file.engines.get(engine)


def read_baseline(folder: Path) -> Baseline | None:
    """The baseline of a folder, or None where there is none. Raises BaselineError with all that
    is wrong with it."""
    path = folder / FILE
    if not path.exists():
        return None
    file = _read_file(path)
    replies, digest = _read_replies(folder / REPLIES_FILE)
    wrong = [*_missing(folder, file, replies)]
    if not wrong and digest != file.replies:
        message = f"is not the one that {FILE} was accepted with: {_MEND}"
        wrong = [Problem(folder / REPLIES_FILE, 0, 0, "", message)]
    if wrong:
        raise BaselineError(wrong)
    return Baseline(folder, file, replies)


def _read_file(path: Path) -> BaselineFile:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BaselineError(
            [Problem(path, 0, 0, "", f"cannot be read ({error}): {_MEND}")]
        ) from None
    version = data.get("schema") if isinstance(data, dict) else None
    if isinstance(version, int) and version != SCHEMA_VERSION:
        known = f"is of schema {version}, this persona-eval reads {SCHEMA_VERSION}"
        mend = "upgrade persona-eval" if version > SCHEMA_VERSION else "persona-eval accept --force"
        raise BaselineError([Problem(path, 0, 0, "schema", f"{known}: {mend}")])
    wrong = [
        Problem(path, 0, 0, ".".join(map(str, keys)), message)
        for keys, message in complaints(BaselineFile, data)
    ]
    if wrong:
        raise BaselineError([*wrong, Problem(path, 0, 0, "", _MEND)])
    return BaselineFile.model_validate(data)


def _read_replies(path: Path) -> tuple[dict[tuple[str, str], Trials], str]:
    """Replies by engine and case, and the digest of the file."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BaselineError(
            [Problem(path, 0, 0, "", f"cannot be read ({error}): {_MEND}")]
        ) from None
    found: dict[tuple[str, str], list[tuple[ReplyText, ...]]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            engine, case, trial, replies = _row(path, number, line)
            trials = found.setdefault((engine, case), [])
            if trial != len(trials):
                message = f"trial {trial} of {case} where {len(trials)} was to come: {_MEND}"
                raise BaselineError([Problem(path, number, 1, "trial", message)])
            trials.append(replies)
    return {key: tuple(trials) for key, trials in found.items()}, digest_text(text)


def _row(path: Path, number: int, line: str) -> tuple[str, str, int, tuple[ReplyText, ...]]:
    try:
        row = json.loads(line)
        replies = tuple((reply["text"], reply["finish_reason"]) for reply in row["replies"])
        sound = all(isinstance(text, str) and reason in REASONS for text, reason in replies)
        if not sound or not replies or not isinstance(row["trial"], int):
            raise ValueError("`replies` must be a list of {text, finish_reason}, `trial` a number")
        return str(row["engine"]), str(row["case"]), row["trial"], replies
    except (ValueError, KeyError, TypeError) as error:
        message = f"is no reply of a baseline ({type(error).__name__}: {error}): {_MEND}"
        raise BaselineError([Problem(path, number, 1, "", message)]) from None


def _missing(
    folder: Path, file: BaselineFile, replies: Mapping[tuple[str, str], Trials]
) -> Iterator[Problem]:
    for engine, section in file.engines.items():
        for name, case in section.cases.items():
            have, want = len(replies.get((engine, name), ())), len(case.passed)
            if have != want:
                message = f"{name}: {have} trials here, {want} in {FILE}: {_MEND}"
                yield Problem(folder / REPLIES_FILE, 0, 0, f"{engine}", message)


def write_baseline(
    folder: Path,
    persona: str,
    engine: str,
    section: Section,
    replies: Mapping[str, Trials],
    old: Baseline | None,
) -> None:
    """Write both files; sections of other engines stay as they are. Each file is replaced whole."""
    engines = {**(old.file.engines if old else {}), engine: section}
    kept = {key: trials for key, trials in (old.replies if old else {}).items() if key[0] != engine}
    kept |= {(engine, name): trials for name, trials in replies.items()}
    rows = (
        row for (name, case), trials in sorted(kept.items()) for row in _rows(name, case, trials)
    )
    texts = {REPLIES_FILE: "".join(f"{row}\n" for row in rows)}
    texts[FILE] = _written(persona, digest_text(texts[REPLIES_FILE]), engines)
    _replace(folder, texts)


def _rows(engine: str, case: str, trials: Trials) -> Iterator[str]:
    for number, replies in enumerate(trials):
        said = [{"finish_reason": reason, "text": text} for text, reason in replies]
        yield _line({"case": case, "engine": engine, "replies": said, "trial": number})


def _written(persona: str, replies: str, engines: Mapping[str, Section]) -> str:
    """JSON with a line for each case, so that a review shows what changed."""
    about = {"schema": SCHEMA_VERSION, "persona": persona, "replies": replies}
    sections = {name: _section(section) for name, section in sorted(engines.items())}
    return (
        _block({**{k: _line(v) for k, v in about.items()}, "engines": _block(sections, 1)}) + "\n"
    )


def _section(section: Section) -> str:
    plain = section.model_dump(mode="json")
    cases = {name: _line(case) for name, case in sorted(plain.pop("cases").items())}
    return _block(
        {**{key: _line(value) for key, value in sorted(plain.items())}, "cases": _block(cases, 3)},
        2,
    )


def _block(written: Mapping[str, str], depth: int = 0) -> str:
    """An object of values that are written already, a line each."""
    inner = ",\n".join(
        f"{' ' * (depth + 1)}{_line(key)}: {value}" for key, value in written.items()
    )
    return f"{{\n{inner}\n{' ' * depth}}}"


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _replace(folder: Path, texts: Mapping[str, str]) -> None:
    """Write all files beside, then put them into place."""
    new = {folder / name: folder / f".{name}.new" for name in texts}
    try:
        for path, beside in new.items():
            beside.write_text(texts[path.name], encoding="utf-8", newline="\n")
        for path, beside in new.items():
            os.replace(beside, path)
    except OSError as error:
        message = f"cannot be written ({error}): what was there is as it was"
        raise BaselineError([Problem(folder / FILE, 0, 0, "", message)]) from None
