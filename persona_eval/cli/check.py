"""Look for mistakes in suites, character cards and training data, without a language model:
each case's good and bad replies are scored by the case itself, and spoilt copies of good ones.
Without arguments: suites/ and the data of the adapters that pytest would run, or of all where none
is named. Exit status: 0 nothing wrong (warnings may be), 1 errors, 2 bad input."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from persona_eval.battery import battery
from persona_eval.cli.linting import readable
from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.errors import PersonaEvalError, ProblemsError
from persona_eval.history import Runs
from persona_eval.identity import place_of
from persona_eval.lint.adapter import lint_adapter
from persona_eval.reports.battery import battery_lines
from persona_eval.reports.explain import explain_case
from persona_eval.reports.lint import finding_text, lint_lines
from persona_eval.reports.plain import printable_lines
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.scorers.tools import default_tools
from persona_eval.selfcheck import check_examples
from persona_eval.settings import pytest_setting
from persona_eval.store import STORE_FILE, Store
from persona_eval.suite.card import Persona
from persona_eval.suite.load import load_persona, load_suite
from persona_eval.suite.models import Suite
from persona_eval.training.adapter import find_adapters, resolve_adapter
from persona_eval.training.recipe import RECIPE_FILE

SUITES = Path("suites")
ENOUGH_SAMPLES = 20
Outcome = tuple[str, str]
"""`error` or `warning`, and the words."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("paths", type=Path, nargs="*", help="suites, cards, or folders of them")
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    parser.add_argument(
        "--explain", action="store_true", help="print what each case will be judged by"
    )
    parser.add_argument(
        "--counterfeits", action="store_true",
        help="show which spoilt copies of good replies each case lets pass",
    )  # fmt: skip
    parser.add_argument(
        "--store", type=Path, default=Path(".persona_eval"), metavar="DIR",
        help="stored replies that passed are spoilt too (default: .persona_eval)",
    )  # fmt: skip
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    parser.add_argument("--embedder", metavar="DIR", help="sentence-transformers folder")


def run(options: argparse.Namespace) -> int:
    """Print all findings. Raises PersonaEvalError for a path that does not exist."""
    paths = options.paths or [SUITES]
    suites, cards = _files(paths)
    tools = default_tools(options.embedder)
    outcomes = [outcome for path in cards for outcome in _card(path)]
    passing = _passing(options.store)
    for path in suites:
        outcomes += _suite(path, tools, passing, options)
    if not options.paths:
        outcomes += _data(options.adapters_dir, readable(suites)[0], tools)
    for kind, message in outcomes:
        print(f"{kind}: {printable_lines(message)}")
    errors = sum(kind == "error" for kind, _ in outcomes)
    warnings = len(outcomes) - errors
    print(f"{len(suites)} suites, {len(cards)} cards: {errors} errors, {warnings} warnings")
    return int(bool(errors or (options.strict and warnings)))


def _files(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    suites: list[Path] = []
    cards: list[Path] = []
    for path in paths:
        if not path.exists():
            begin = "; begin a character with `persona-eval new NAME`" if path == SUITES else ""
            raise PersonaEvalError(f"{path}: there is no such file or folder{begin}")
        found = sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
        suites += [file for file in found if file.name.endswith(".suite.yaml")]
        cards += [file for file in found if file.name == "persona.yaml" or file == path]
    cards = [card for card in cards if card not in suites]
    if not suites and not cards:
        raise PersonaEvalError(f"{', '.join(map(str, paths))}: no *.suite.yaml and no persona.yaml")
    return suites, cards


def _card(path: Path) -> Iterator[Outcome]:
    try:
        persona = load_persona(path)
    except ProblemsError as error:
        yield from _problems(error)
        return
    yield from (("warning", f"{path}: {message}") for message in _thin(persona))


def _thin(persona: Persona) -> Iterator[str]:
    count = len(persona.voice.samples)
    if count < ENOUGH_SAMPLES:
        yield (
            f"voice.samples: {count} sentences; `in_voice` is surer with {ENOUGH_SAMPLES} or more, "
            "and judges nothing under 5"
        )
    if not persona.knows:
        yield "knows: empty; `agrees_with_card` and the dont_know controls have little to go by"


def _passing(folder: Path) -> dict[tuple[str, str], list[str]]:
    """Stored replies that passed, by suite and case, those of conversations left out."""
    if not (folder / STORE_FILE).is_file():
        return {}
    found: dict[tuple[str, str], list[str]] = {}
    store = Store(folder / STORE_FILE)
    for trial in Runs(store).latest():
        if trial.passed and len(trial.replies) == 1:
            found.setdefault((trial.suite, trial.case), []).append(trial.replies[0][0])
    store.close()
    return found


def _suite(
    path: Path,
    tools: Tools,
    passing: Mapping[tuple[str, str], list[str]],
    options: argparse.Namespace,
) -> Iterator[Outcome]:
    try:
        registry = default_registry(conftest_scorers(path.parent))
        suite = load_suite(path, registry)
    except ProblemsError as error:
        yield from _problems(error)
        return
    if options.explain:
        _explain(suite, registry)
    for finding in check_examples(suite, registry, tools):
        yield "error" if finding.kind == "error" else "warning", str(finding)
    stored = {case: texts for (place, case), texts in passing.items() if place == place_of(path)}
    for line in battery_lines(suite, battery(suite, registry, tools, stored), options.counterfeits):
        print(line)


def _explain(suite: Suite, registry: Registry) -> None:
    for case in suite.cases:
        print(explain_case(suite, case, registry))


def _data(root: Path, suites: Sequence[Suite], tools: Tools) -> Iterator[Outcome]:
    """Recipes and data of adapters that have them, the data held against the suites."""
    for folder in _adapters(root):
        if not (folder / RECIPE_FILE).is_file():
            continue
        try:
            report = lint_adapter(folder, suites, tools)
        except ProblemsError as error:
            yield from _problems(error)
            continue
        for line in lint_lines(str(folder), report):
            print(line)
        yield from ((f.kind, f"{folder}: {finding_text(f)}") for f in report.findings)


def _adapters(root: Path) -> list[Path]:
    """Those that pytest's configuration names, else all there are."""
    named = [name for name in pytest_setting(Path(), "persona_adapters") if name != "base"]
    return [resolve_adapter(name, root) for name in named or find_adapters(root)]


def _problems(error: ProblemsError) -> Iterator[Outcome]:
    yield from (("error", str(problem)) for problem in error.problems)
