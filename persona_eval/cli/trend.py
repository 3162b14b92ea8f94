"""Show how the rates changed over the runs, oldest first, all judged by today's rules. Runs that
did not come to their end, or had only a part of the cases, are left out, as are those of other
engines than the last. Runs that repeat each other reply by reply are one iteration, and the base
alone is none of an adapter. The trend of a report is the same."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from persona_eval.cli import project
from persona_eval.errors import PersonaEvalError
from persona_eval.reports.iterations import iterations
from persona_eval.reports.runs import Point, trend_lines
from persona_eval.sides import Project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--adapter", metavar="NAME", help="only this adapter (the candidate of each run)"
    )
    parser.add_argument(
        "--last", type=project.at_least_one, default=20, metavar="N", help="how many runs (20)"
    )
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print table and plot. Raises PersonaEvalError where no run is whole."""
    with project.opened(options) as found:
        points = list(_points(found, options.adapter, options.last))
    if not points:
        wanted = f" of the adapter `{options.adapter}`" if options.adapter else ""
        raise PersonaEvalError(f"no run{wanted} came to its end: run `pytest suites/` first")
    print("\n".join(trend_lines(points)))
    return 0


def _points(found: Project, adapter: str | None, last: int) -> Iterator[Point]:
    """The iterations up to the last whole run."""
    runs = (run for run in reversed(found.runs.all()) if run.whole)
    run = next((run for run in runs if adapter is None or adapter in run.adapters), None)
    if run:
        name = adapter or run.adapters[0]
        yield from iterations(found, run, name, last, named=adapter is not None)
