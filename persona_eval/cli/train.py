"""Train an adapter from its recipe, if it is missing or its recipe, data or base changed. What
was there is replaced only by a finished adapter."""

from __future__ import annotations

import argparse
from pathlib import Path

from persona_eval.models.mlx import load_base
from persona_eval.reports.training import ProgressLines
from persona_eval.training.adapter import Manifest, resolve_adapter
from persona_eval.training.recipe import RECIPE_FILE
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import ensure_trained, train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("adapter", help="name below adapters/, or a folder with a recipe.yaml")
    parser.add_argument("--force", action="store_true", help="train even when it is current")
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")


def run(options: argparse.Namespace) -> int:
    """Train. Raises AdapterError, DataError, ModelError or TrainingError."""
    folder = resolve_adapter(options.adapter, options.adapters_dir)
    recipe = load_recipe(folder / RECIPE_FILE)
    make = train if options.force else ensure_trained
    progress = ProgressLines(lambda line: print(line, flush=True))
    print(_told(folder, make(recipe, load_base(recipe.base), folder, progress)))
    return 0


def _told(folder: Path, manifest: Manifest) -> str:
    best = next(loss for loss in manifest.losses if loss.epoch == manifest.selected_epoch)
    valid = f", validation loss {best.valid:.3f}" if best.valid is not None else ""
    return (
        f"{folder}: epoch {manifest.selected_epoch} of {manifest.losses[-1].epoch}{valid}, "
        f"{manifest.train_examples} examples, {manifest.seconds / 60:.0f} min at "
        f"{manifest.tokens_per_second:.0f} tok/s"
    )
