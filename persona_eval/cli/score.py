"""Judge saved replies exactly as in a run, without a language model. One line is printed for
each row, in the order of the rows; findings of the suite's self-check go to standard error.
Exit status: 0 all passed, 1 some failed, 2 bad input, 7 a scorer crashed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.cli.rows import Row, read_rows
from persona_eval.judging import Judgement, Planned, judge_trial, judged_pairs, plan
from persona_eval.reports.plain import printable, printable_json, printable_lines
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import default_registry
from persona_eval.scorers.tools import default_tools, prepare
from persona_eval.selfcheck import check_examples
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Suite

FAILED, CRASHED = 1, 7


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("suite", type=Path, help="the suite: FILE.suite.yaml")
    parser.add_argument(
        "--replies", required=True, metavar="FILE.jsonl",
        help='rows {"case": id, "reply": text}, optionally trial and finish_reason; - reads '
        "standard input; `replies` (a list) where several turns are generated",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object for each row")
    parser.add_argument("--embedder", metavar="DIR", help="sentence-transformers folder")


def run(options: argparse.Namespace) -> int:
    """Judge all rows. Raises SuiteError and DataError for bad input."""
    registry = default_registry(conftest_scorers(options.suite.parent))
    suite = load_suite(options.suite, registry)
    rows = read_rows(options.replies, suite)
    tools = default_tools(options.embedder)
    for finding in check_examples(suite, registry, tools):
        print(printable_lines(str(finding)), file=sys.stderr)
    plans = {case.id: plan(case, suite.persona, registry) for case in suite.cases}
    outcomes = list(_judged(suite, rows, plans, tools))
    for row, judgement in outcomes:
        print(_json(row, judgement) if options.json else _line(row, judgement))
    if any(judgement.error for _, judgement in outcomes):
        return CRASHED
    return 0 if all(judgement.passed for _, judgement in outcomes) else FAILED


def _judged(
    suite: Suite, rows: list[Row], plans: dict[str, tuple[Planned, ...]], tools: Tools
) -> Iterator[tuple[Row, Judgement]]:
    """Embeds the texts of all rows at once, then judges row by row."""
    pairs = (
        judged_pairs(row.asked, suite.persona, plans[row.case.id], row.replies) for row in rows
    )
    prepare(tools, chain.from_iterable(pairs))
    for row in rows:
        yield row, judge_trial(row.asked, suite.persona, plans[row.case.id], row.replies, tools)


def _json(row: Row, judgement: Judgement) -> str:
    whole: dict[str, Any] = {
        "case": row.case.id,
        "trial": row.trial,
        "passed": judgement.passed,
        "error": judgement.error,
        "scores": judgement.scores,
    }
    return printable_json(whole)


def _line(row: Row, judgement: Judgement) -> str:
    name = f"{row.case.id} trial {row.trial}"
    if judgement.error:
        return f"ERROR {name}: {printable(judgement.error)}"
    failed = [
        f"{s['expectation']}: {s['reason']}" for s in judgement.scores if s["passed"] is False
    ]
    return f"FAIL  {name}: {printable('; '.join(failed))}" if failed else f"pass  {name}"
