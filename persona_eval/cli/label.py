"""Label stored replies of the character: does it pass, by your own reading? One reply after the
other is shown, or a table goes to a CSV file and comes back (column `label`: pass or fail). The
labels are kept in labels.jsonl beside the card; `persona-eval calibrate` learns from them."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.errors import DataError, PersonaEvalError, Problem
from persona_eval.history import Runs
from persona_eval.labels import (
    FILE,
    Candidate,
    Label,
    append_label,
    candidates,
    open_ones,
    read_labels,
    verdict_of,
)
from persona_eval.reports.plain import printable
from persona_eval.scorers.registry import default_registry
from persona_eval.store import STORE_FILE, Store
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Suite

COLUMNS = ("suite", "case", "category", "control", "conversation", "reply", "label")
FORMULA = "=+-@'\t\r"
"""What a spreadsheet takes for the beginning of a formula, and the mark that says it is none."""
ASK = "[y] passes  [n] fails  [s] skip  [q] stop > "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("suites", type=Path, nargs="*", help="suites, or folders (default: suites)")
    parser.add_argument("--adapter", help="replies of this adapter only")
    parser.add_argument("--limit", type=int, metavar="N", help="stop after N replies")
    parser.add_argument(
        "--store", type=Path, default=Path(".persona_eval"), metavar="DIR", help="the store"
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--export", type=Path, metavar="FILE.csv", help="write what has no label yet")
    way.add_argument("--import", type=Path, metavar="FILE.csv", dest="table", help="read labels")


def run(options: argparse.Namespace) -> int:
    """Raises PersonaEvalError when there is no store, no suite or nothing to label."""
    found = _candidates(options)
    if options.table:
        return _import(options.table, found)
    labels = [label for path in _files(found) for label in read_labels(path)]
    left = open_ones(found, labels)[: options.limit]
    if options.export:
        return _export(options.export, left)
    return _ask(left, len(labels))


def _candidates(options: argparse.Namespace) -> list[Candidate]:
    path = options.store / STORE_FILE
    if not path.is_file():
        raise PersonaEvalError(f"{path}: no replies are stored; run `pytest suites/` first")
    store = Store(path)
    past = [t for t in Runs(store).latest() if options.adapter in (None, t.adapter)]
    store.close()
    found = list(candidates(_suites(options.suites or [Path("suites")]), past))
    if not found:
        known = ", ".join(sorted({trial.adapter for trial in past})) or "none"
        raise PersonaEvalError(
            "no stored reply belongs to a case of these suites; replies are stored of the "
            f"adapters: {known}"
        )
    return found


def _suites(paths: Sequence[Path]) -> Iterator[Suite]:
    for path in paths:
        if not path.exists():
            raise PersonaEvalError(f"{path}: there is no such file or folder")
        for file in sorted(path.rglob("*.suite.yaml")) if path.is_dir() else [path]:
            yield load_suite(file, default_registry(conftest_scorers(file.parent)))


def _files(found: Sequence[Candidate]) -> list[Path]:
    """The label files of all cards, each once."""
    return list(dict.fromkeys(map(_file, found)))


def _file(candidate: Candidate) -> Path:
    return candidate.suite.persona_path.parent / FILE


def _ask(left: Sequence[Candidate], known: int) -> int:
    print(f"{known} labels, {len(left)} replies without one")
    for number, candidate in enumerate(left, 1):
        print(_shown(candidate, f"{number} of {len(left)}"))
        answer = _answer()
        if answer == "q":
            break
        if verdict := verdict_of(answer):
            append_label(_file(candidate), Label.of(candidate, verdict))
    return 0


def _answer() -> str:
    """What was typed, once it is one of the answers; the end of input stops."""
    while True:
        try:
            answer = input(ASK).strip().casefold()
        except EOFError:
            return "q"
        if answer in ("s", "q") or verdict_of(answer):
            return answer


def _shown(candidate: Candidate, place: str) -> str:
    case = candidate.case
    kind = f"{case.category}{' control' if case.control else ''}"
    said = [f"  {m.role}: {m.content}" for m in candidate.messages if m.role != "system"]
    lines = [f"{place} · {case.id} · {kind}", *said, f"  > {candidate.reply}"]
    return "\n" + "\n".join(map(printable, lines))


def _export(path: Path, left: Sequence[Candidate]) -> int:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for candidate in left:
            suite, case, reply = candidate.key
            said = "\n".join(f"{m.role}: {m.content}" for m in candidate.messages)
            control = "control" if candidate.case.control else ""
            row = [suite, case, candidate.case.category, control, said, reply, ""]
            writer.writerow(map(_cell, row))
    print(f"{path}: {len(left)} replies; write pass or fail into the column `label`")
    return 0


def _cell(text: str) -> str:
    """Text that a spreadsheet takes for text, whatever a model wrote."""
    return f"'{text}" if text.startswith(tuple(FORMULA)) else text


def _import(path: Path, found: Sequence[Candidate]) -> int:
    """All problems of the table are told at once, and then nothing is kept."""
    known = {candidate.key: candidate for candidate in found}
    known |= {(*key[:2], _cell(key[2])): candidate for key, candidate in known.items()}
    labels: list[tuple[Path, Label]] = []
    problems: list[Problem] = []
    for number, row in _rows(path):
        text = row["label"].strip()
        candidate = known.get((row["suite"], row["case"], row["reply"].replace("\r\n", "\n")))
        verdict = verdict_of(text)
        if not text:
            continue
        if candidate is None:
            problems.append(_problem(path, number, "is no stored reply of these suites"))
        elif verdict is None:
            problems.append(_problem(path, number, f"label {text!r}: write pass or fail"))
        else:
            labels.append((_file(candidate), Label.of(candidate, verdict)))
    if problems:
        raise DataError(problems)
    for file, label in labels:
        append_label(file, label)
    print(f"{len(labels)} labels taken from {path}")
    return 0


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line numbers and rows of a table with the columns that are needed."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = {"suite", "case", "reply", "label"} - set(reader.fieldnames or ())
            if missing:
                wanted = f"has no column {', '.join(sorted(missing))}: export a table first"
                raise DataError([_problem(path, 1, wanted)])
            for row in reader:
                yield reader.line_num, {key: value or "" for key, value in row.items() if key}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError([_problem(path, 0, f"cannot be read: {error}")]) from None


def _problem(path: Path, line: int, message: str) -> Problem:
    return Problem(path, line, 1, "", message)
