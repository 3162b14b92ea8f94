"""Train an adapter from its recipe, if it is missing or its recipe, data or base changed. What
was there is replaced only by a finished adapter, and a training that was stopped goes on where it
was. The data are looked at first (`persona-eval lint`): errors stop the training, warnings are
printed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from persona_eval.choosing import Chooser, chooser
from persona_eval.cli.linting import readable, suite_files
from persona_eval.cli.project import registry_of
from persona_eval.lint.adapter import lint_adapter
from persona_eval.lint.findings import plural
from persona_eval.models.locate import BaseFiles, locate
from persona_eval.models.mlx import MLXModel
from persona_eval.reports.lint import refuse_unsound
from persona_eval.reports.training import ProgressLines, curve, estimate_text, minutes
from persona_eval.scorers.tools import default_tools
from persona_eval.store import STORE_FILE, Store
from persona_eval.training.adapter import Manifest, is_stale, resolve_adapter
from persona_eval.training.estimate import estimate
from persona_eval.training.recipe import RECIPE_FILE, Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import ensure_trained, fingerprint, train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("adapter", help="name below adapters/, or a folder with a recipe.yaml")
    parser.add_argument("--force", action="store_true", help="train even when it is current")
    parser.add_argument(
        "--estimate", action="store_true",
        help="say how long it would take and how much memory, by a few steps; train nothing",
    )  # fmt: skip
    parser.add_argument(
        "--no-lint", action="store_true", help="train whatever is wrong with the data"
    )
    parser.add_argument("--suites", type=Path, default=Path("suites"), metavar="DIR")
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    parser.add_argument(
        "--store", type=Path, default=Path(".persona_eval"), metavar="DIR",
        help="where the replies of `select: suite` are kept (.persona_eval)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Train. Raises AdapterError, DataError, ModelError or TrainingError."""
    folder = resolve_adapter(options.adapter, options.adapters_dir)
    recipe = load_recipe(folder / RECIPE_FILE)
    base = locate(recipe.base, tell=print)
    if options.estimate:
        print(estimate_text(estimate(recipe, MLXModel(base).base, folder)))
        return 0
    if (options.force or _is_due(recipe, folder, base)) and not options.no_lint:
        _lint(folder, options.suites)
    make = train if options.force else ensure_trained
    progress = ProgressLines(lambda line: print(line, flush=True))
    model = MLXModel(base)
    with _choosing(recipe, folder, model, options.store) as measure:
        print(_told(folder, make(recipe, model.base, folder, progress, measure)))
    return 0


@contextmanager
def _choosing(
    recipe: Recipe, folder: Path, model: MLXModel, store: Path
) -> Iterator[Chooser | None]:
    """What judges checkpoints, where a suite chooses."""
    if recipe.suite is None:
        yield None
        return
    kept = Store(store / STORE_FILE)
    try:
        yield chooser(recipe, folder, model, kept, default_tools(None, kept), registry_of)
    finally:
        kept.close()


def _is_due(recipe: Recipe, folder: Path, base: BaseFiles) -> bool:
    return is_stale(folder, fingerprint(recipe, folder, base.fingerprint)) is not None


def _lint(folder: Path, suites: Path) -> None:
    """Print what is wrong with the data. Raises PersonaEvalError where that is an error."""
    read, problems = readable(suite_files(suites))
    if problems:  # no reason not to train
        told = f"{suites}: {plural(len(problems), 'problem')}, see `persona-eval check`"
        print(f"warning: {told}", flush=True)
    report = lint_adapter(folder, read, default_tools())
    refuse_unsound(report, folder, lambda line: print(line, flush=True))


def _told(folder: Path, manifest: Manifest) -> str:
    early = ", stopped early" if manifest.stopped_early else ""
    return (
        f"{curve(manifest)}\n{folder}: step {manifest.selected_step} of "
        f"{manifest.points[-1].step}{early}, {plural(manifest.train_examples, 'example')}, "
        f"{minutes(manifest.seconds)} at {manifest.tokens_per_second:.0f} tok/s"
    )
