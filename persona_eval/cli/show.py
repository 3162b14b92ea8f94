"""Show a stored run: what it was made with, how it ended, and how its cases stand by today's
rules."""

from __future__ import annotations

import argparse

from persona_eval.cli import project
from persona_eval.errors import PersonaEvalError
from persona_eval.reports.runs import result_lines, run_lines


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "reference", nargs="?", default="last", metavar="RUN",
        help="number of a run, or `last` (the default); 12:base shows one of its adapters",
    )  # fmt: skip
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print the run. Raises PersonaEvalError where there is none."""
    with project.opened(options) as found:
        reference = found.reference(options.reference)
        if reference.run is None:
            raise PersonaEvalError("name a run: persona-eval runs lists them")
        print("\n".join(run_lines(reference.run)))
        wanted = reference.run.adapters if ":" not in options.reference else [reference.adapter]
        for adapter in wanted:
            if not found.runs.cases(reference.run.number, adapter):
                print(f"\n{adapter}: no case was run with it")
                continue
            side = found.side(found.reference(f"{reference.run.number}:{adapter}"))
            print(f"\n{side.name}")
            if side.rejudged:
                print(f"{side.rejudged} trials judged anew, as rules have changed since")
            print("\n".join(result_lines(side.results)))
    return 0
