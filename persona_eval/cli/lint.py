"""Hold training data against the character card, the suites and itself, without a language model:
what the suites test and the data does not practise, lengths, copies, contradictions, leakage,
template problems. Exit status: 0 nothing wrong (warnings may be), 1 errors, 2 bad input."""

from __future__ import annotations

import argparse
from pathlib import Path

from persona_eval.cli.linting import readable, suite_files
from persona_eval.errors import PersonaEvalError, SuiteError
from persona_eval.lint.adapter import lint_adapter
from persona_eval.lint.findings import LintReport
from persona_eval.reports.lint import SCHEMA, finding_text, lint_json, lint_lines
from persona_eval.reports.plain import printable_json
from persona_eval.scorers.tools import default_tools
from persona_eval.training.adapter import find_adapters, resolve_adapter
from persona_eval.training.recipe import RECIPE_FILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "adapters", nargs="*", metavar="ADAPTER",
        help="names below adapters/, or folders with a recipe.yaml (default: all that have one)",
    )  # fmt: skip
    parser.add_argument("--suites", type=Path, default=Path("suites"), metavar="DIR")
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    parser.add_argument("--strict", action="store_true", help="warnings count as errors")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--embedder", metavar="DIR", help="sentence-transformers folder")


def run(options: argparse.Namespace) -> int:
    """Print all findings. Raises PersonaEvalError for what cannot be found or read."""
    suites, problems = readable(suite_files(options.suites))
    if problems:
        raise SuiteError(problems)
    tools = default_tools(options.embedder)
    reports = {
        str(folder): lint_adapter(folder, suites, tools)
        for folder in _folders(options.adapters, options.adapters_dir)
    }
    if options.json:
        whole = [lint_json(name, report) for name, report in reports.items()]
        print(printable_json({"schema": SCHEMA, "adapters": whole}, indent=1))
    else:
        for name, report in reports.items():
            _print(name, report)
    bad = ("error", "warning") if options.strict else ("error",)
    return int(any(f.kind in bad for report in reports.values() for f in report.findings))


def _folders(names: list[str], root: Path) -> list[Path]:
    folders = [resolve_adapter(name, root) for name in names or find_adapters(root)]
    found = [folder for folder in folders if names or (folder / RECIPE_FILE).is_file()]
    if not found:
        raise PersonaEvalError(f"{root}: no adapter with a {RECIPE_FILE}, so there is no data")
    return found


def _print(name: str, report: LintReport) -> None:
    for line in lint_lines(name, report):
        print(line)
    for finding in report.findings:
        print(f"{finding.kind}: {finding_text(finding)}")
    counts = (len(report.of_kind(kind)) for kind in ("error", "warning"))
    print("{}: {} errors, {} warnings".format(name, *counts))
