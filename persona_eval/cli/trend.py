"""Show how the rates changed over the runs, oldest first, all judged by today's rules. Runs that
did not come to their end, or had only a part of the cases, are left out, as are those of other
engines than the last."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from persona_eval.cli import project
from persona_eval.errors import PersonaEvalError
from persona_eval.history import Run
from persona_eval.reports.runs import Point, trend_lines
from persona_eval.sides import Project


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--adapter", metavar="NAME", help="only this adapter (each run's first)")
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
    """Iterations; a run that repeats the one before it, reply by reply, is none."""
    runs = [run for run in found.runs.all() if _whole(run)][-last:]
    engines = [run.about["engine"] for run in runs]
    before: tuple[str, object] | None = None
    for run in runs:
        name = adapter or run.adapters[0]
        if run.about["engine"] != engines[-1] or name not in run.adapters:
            continue
        if not found.runs.cases(run.number, name):
            continue
        side = found.side(found.reference(f"{run.number}:{name}"))
        now = (name, side.standings)
        if now != before:
            yield Point(f"{run.number} {name}", run.started, side.results, side.rejudged)
        before = now


def _whole(run: Run) -> bool:
    left_out = sum(gate.get("left_out", 0) for gate in (run.gates or {}).values())
    return run.exit_status in (0, 1) and run.gates is not None and not left_out
