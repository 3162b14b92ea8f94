"""Compare runs, case by case, all judged by today's rules. A side is a run's number (12, or
12:base for one of its adapters), `last`, an adapter's name (its last run) or `baseline`. With more
than two sides each is compared with the first. Exit status: 0, whatever the result; 2 where there
is nothing to compare."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator

from persona_eval.cli import project
from persona_eval.compare import Comparison
from persona_eval.errors import PersonaEvalError
from persona_eval.pairing import compared
from persona_eval.reports.comparison import category_table, comparison_lines
from persona_eval.reports.machine import SCHEMA_VERSION
from persona_eval.reports.plain import printable_json
from persona_eval.sides import Project, Side


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("sides", nargs="+", metavar="SIDE", help="two or more sides, older first")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Print each comparison. Raises PersonaEvalError for sides that have nothing in common."""
    if len(options.sides) < 2:
        raise PersonaEvalError("name two sides or more: persona-eval compare base tully")
    with project.opened(options) as found:
        sides = _sides(found, options.sides)
        pairs = [compared(found, sides[0], side) for side in sides[1:]]
    for comparison in pairs:
        _require_something(comparison)
    if options.json:
        whole = {"schema": SCHEMA_VERSION, "comparisons": [each.to_json() for each in pairs]}
        print(printable_json(whole, indent=2))
    else:
        print("\n".join(_lines(sides, pairs)))
    return 0


def _sides(found: Project, names: list[str]) -> list[Side]:
    references = [found.reference(name) for name in names]
    engine = next((r.run.about.get("engine") for r in references if r.run), None)
    models = {
        r.run.about["model"]["fingerprint"]: "{name} ({fingerprint:.8})".format(
            **r.run.about["model"]
        )
        for r in references
        if r.run and isinstance(r.run.about.get("model"), dict)
    }
    if len(models) > 1:
        text = f"note: these runs used different base models: {', '.join(models.values())}"
        print(text, file=sys.stderr)
    return [found.side(reference, engine) for reference in references]


def _require_something(comparison: Comparison) -> None:
    if not comparison.paired and not any(p.before and p.after for p in comparison.pairs):
        raise PersonaEvalError(
            f"{comparison.before} and {comparison.after} have no case in common, so that there is "
            "nothing to compare"
        )


def _lines(sides: list[Side], comparisons: list[Comparison]) -> Iterator[str]:
    for side in sides:
        if side.rejudged:
            yield f"{side.name}: {side.rejudged} trials judged anew, as rules have changed since"
        if side.kept:
            yield f"{side.name}: {side.kept} cases are gone, ask something else or need the model: as judged then"
    for comparison in comparisons:
        yield f"{comparison.before} → {comparison.after}"
        if comparison.paired:
            yield from ("", category_table(comparison), "")
        yield from comparison_lines(comparison, 0.05)
