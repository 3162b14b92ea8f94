"""Make a run the baseline that later runs are compared with: writes `baseline.json` and
`baseline.replies.jsonl` beside the suites. Only a whole run may become it: all cases as they are
today, nothing left out, nothing broken off, nothing that could not be judged. With --settings: write
what the last sweep recommends into the character card instead. Exit status: 0 accepted, 2
refused."""

from __future__ import annotations

import argparse
from pathlib import Path

from persona_eval.accepting import Acceptance, acceptances
from persona_eval.baseline import FILE
from persona_eval.cli import project
from persona_eval.cli.accept_settings import accept_settings
from persona_eval.errors import PersonaEvalError
from persona_eval.reports.comparison import comparison_lines
from persona_eval.results import summarise
from persona_eval.sides import Project, Reference
from persona_eval.standings import accepted_result
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Suite


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "reference", nargs="?", default="last", metavar="RUN",
        help="number of a run, or `last` (the default); 12:base names one of its adapters",
    )  # fmt: skip
    parser.add_argument(
        "--force", action="store_true",
        help="replace a baseline of another model, or one that cannot be read; with --settings, "
        "take a sweep over a part of the cases, or its centre where no gate passes",
    )  # fmt: skip
    parser.add_argument(
        "--settings", action="store_true",
        help="write the settings that the last sweep recommends into the card's `generation`",
    )  # fmt: skip
    project.add_arguments(parser)


def run(options: argparse.Namespace) -> int:
    """Write the baselines, or the settings. Raises PersonaEvalError with all the reasons against
    it."""
    if options.settings:
        for line in accept_settings(options.store, options.force):
            print(line)
        return 0
    with project.opened(options) as found:
        reference = found.reference(options.reference)
        for acceptance in acceptances(found, reference, _suites(found, reference), options.force):
            acceptance.write()
            for line in _lines(acceptance):
                print(line)
    return 0


def _suites(found: Project, reference: Reference) -> dict[Path, list[Suite]]:
    """All suites of the folders that the run had suites in, as they are today."""
    about = reference.run.about["suites"].values() if reference.run else ()
    folders = dict.fromkeys((found.root / entry["path"]).parent for entry in about)
    names = {Path(entry["path"]).name for entry in about}
    suites = {}
    for folder in folders:
        paths = {*folder.glob("*.suite.yaml"), *(folder / name for name in names)}
        registry = project.registry_of(folder)
        here = [load_suite(path, registry) for path in sorted(paths) if path.is_file()]
        if here:
            suites[folder] = here
    if about and not suites:
        raise PersonaEvalError("the suites of this run are not in this folder any more")
    return suites


def _shown(path: Path) -> Path:
    """Relative to the working folder where it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _lines(acceptance: Acceptance) -> list[str]:
    section = acceptance.section
    results = [accepted_result(name, case) for name, case in section.cases.items()]
    summary = summarise("all", results)
    lines = [
        f"{_shown(acceptance.folder / FILE)}: run {section.run} of {section.adapter.name} on "
        f"{acceptance.engine}: {summary.cases} cases, {summary.trials} trials, {summary.rate:.0%} pass"
    ]
    if acceptance.comparison:
        lines += ["what it replaces:", *comparison_lines(acceptance.comparison, 0.05)]
    return lines
