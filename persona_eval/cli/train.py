"""Train an adapter from its recipe, if it is missing or its recipe, data or base changed. What
was there is replaced only by a finished adapter. The data are looked at first (`persona-eval
lint`): errors stop the training, warnings are printed."""

from __future__ import annotations

import argparse
from pathlib import Path

from persona_eval.cli.linting import lint_adapter, readable, suite_files
from persona_eval.errors import PersonaEvalError
from persona_eval.lint.findings import plural
from persona_eval.models.locate import BaseFiles, locate
from persona_eval.models.mlx import load_base
from persona_eval.reports.lint import finding_text
from persona_eval.reports.training import ProgressLines
from persona_eval.scorers.tools import default_tools
from persona_eval.training.adapter import Manifest, is_stale, resolve_adapter
from persona_eval.training.recipe import RECIPE_FILE, Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import ensure_trained, fingerprint, train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("adapter", help="name below adapters/, or a folder with a recipe.yaml")
    parser.add_argument("--force", action="store_true", help="train even when it is current")
    parser.add_argument(
        "--no-lint", action="store_true", help="train whatever is wrong with the data"
    )
    parser.add_argument("--suites", type=Path, default=Path("suites"), metavar="DIR")
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")


def run(options: argparse.Namespace) -> int:
    """Train. Raises AdapterError, DataError, ModelError or TrainingError."""
    folder = resolve_adapter(options.adapter, options.adapters_dir)
    recipe = load_recipe(folder / RECIPE_FILE)
    base = locate(recipe.base)
    if not options.no_lint and (options.force or _is_due(recipe, folder, base)):
        _lint(folder, options.suites)
    make = train if options.force else ensure_trained
    progress = ProgressLines(lambda line: print(line, flush=True))
    print(_told(folder, make(recipe, load_base(base), folder, progress)))
    return 0


def _is_due(recipe: Recipe, folder: Path, base: BaseFiles) -> bool:
    return is_stale(folder, fingerprint(recipe, folder, base.fingerprint)) is not None


def _lint(folder: Path, suites: Path) -> None:
    """Print what is wrong with the data. Raises PersonaEvalError where that is an error."""
    read, problems = readable(suite_files(suites))
    if problems:  # no reason not to train
        told = f"{suites}: {plural(len(problems), 'problem')}, see `persona-eval check`"
        print(f"warning: {told}", flush=True)
    report = lint_adapter(folder, read, default_tools())
    for finding in report.findings:
        print(f"{finding.kind}: {finding_text(finding)}", flush=True)
    if errors := len(report.of_kind("error")):
        raise PersonaEvalError(
            f"{folder} was not trained: {plural(errors, 'error')} in its data. Mend that (all "
            f"figures: persona-eval lint {folder}), or train all the same with --no-lint"
        )


def _told(folder: Path, manifest: Manifest) -> str:
    best = manifest.selected
    valid = f", validation loss {best.valid:.3f}" if best.valid is not None else ""
    passed = f", {best.passed:.0%} of the suite" if best.passed is not None else ""
    return (
        f"{folder}: step {best.step} of {manifest.points[-1].step}{valid}{passed}, "
        f"{manifest.train_examples} examples, {manifest.seconds / 60:.0f} min at "
        f"{manifest.tokens_per_second:.0f} tok/s"
    )
