"""Learn from an author's labels (`persona-eval label`) from which probability on each behaviour
counts as there, and write these limits into the card. They are written only when they judge
labels that were left out better than the limits of now."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from persona_eval.calibration import (
    FEWEST,
    FEWEST_OF_EACH,
    Calibration,
    calibrate,
    judge_labels,
    limits_of,
    merged,
)
from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.errors import PersonaEvalError
from persona_eval.identity import place_of
from persona_eval.labels import FILE, Label, read_labels
from persona_eval.scorers.fitting import trained_scorers
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.scorers.tools import default_tools
from persona_eval.statistics.agreement import Agreement
from persona_eval.suite.card_file import write_limits
from persona_eval.suite.load import load_persona, load_suite
from persona_eval.suite.models import Case

CARD = "persona.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, help="the character's folder, with card and suites")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument("--embedder", metavar="DIR", help="sentence-transformers folder")


def run(options: argparse.Namespace) -> int:
    """Print what was learnt. Raises PersonaEvalError for too few labels."""
    card = options.folder / CARD
    persona = load_persona(card)
    registry = default_registry(conftest_scorers(options.folder))
    labels = list(_with_cases(options.folder, registry))
    _require_enough(options.folder / FILE, [label for label, _ in labels])
    judged = judge_labels(labels, persona, registry, default_tools(options.embedder))
    now = limits_of(persona, trained_scorers(registry))
    found = calibrate(judged, now)
    print(f"{len(judged)} labels, {found.before.positives} of them passes")
    print(_line("with the limits of now", found.before))
    print(_line("with limits learnt from the other labels", found.held_out))
    for name, limit in found.limits.items():
        print(f"  {name}: {now[name]:g} → {limit:g}")
    print(_outcome(card, found, options.dry_run))
    if found.better and not options.dry_run:
        limits = merged(persona, found.limits).model_dump(exclude_none=True)
        write_limits(card, limits)
    return 0


def _with_cases(folder: Path, registry: Registry) -> Iterator[tuple[Label, Case]]:
    """Labels whose case is still there; the others are counted on the terminal."""
    suites = [load_suite(path, registry) for path in sorted(folder.glob("*.suite.yaml"))]
    cases = {(place_of(suite.path), case.id): case for suite in suites for case in suite.cases}
    labels = read_labels(folder / FILE)
    for label in labels:
        if case := cases.get((label.suite, label.case)):
            yield label, case
    gone = sum((label.suite, label.case) not in cases for label in labels)
    if gone:
        print(f"{gone} labels belong to cases that are no longer there, and do not count")


def _require_enough(path: Path, labels: Sequence[Label]) -> None:
    passes = sum(label.verdict == "pass" for label in labels)
    fails = len(labels) - passes
    if len(labels) < FEWEST or min(passes, fails) < FEWEST_OF_EACH:
        raise PersonaEvalError(
            f"{path}: {passes} passes and {fails} fails; limits need {FEWEST} labels or more, "
            f"{FEWEST_OF_EACH} of each kind at least. Label more with `persona-eval label`"
        )


def _line(what: str, found: Agreement) -> str:
    low = "–" if found.balanced is None else f"{found.balanced:.0%}"
    return (
        f"{what}: balanced accuracy {low}; {found.misses} of {found.positives} passes lost, "
        f"{found.false_alarms} of {found.negatives} fails let through"
    )


def _outcome(card: Path, found: Calibration, dry_run: bool) -> str:
    if not found.limits:
        return "the limits of now fit these labels best: nothing to change"
    if not found.better:
        return "on labels that were left out this is no better: the card stays as it is"
    return f"{card} would get these limits" if dry_run else f"{card} has these limits now"
