"""List the stored runs, newest last."""

from __future__ import annotations

import argparse

from persona_eval.cli import project
from persona_eval.reports.machine import SCHEMA_VERSION, run_summary
from persona_eval.reports.plain import printable_json
from persona_eval.reports.runs import run_table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--last", type=project.at_least_one, default=20, metavar="N", help="how many (20)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print the list."""
    with project.opened(options) as found:
        runs = found.runs.all()[-options.last :]
        cases = {
            r.number: sum(len(found.runs.cases(r.number, a)) for a in r.adapters) for r in runs
        }
    if options.json:
        whole = {"schema": SCHEMA_VERSION, "runs": [run_summary(r, cases[r.number]) for r in runs]}
        print(printable_json(whole, indent=2))
    else:
        print(run_table(runs, cases))
    return 0
