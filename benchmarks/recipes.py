"""Which recipe for the example character: short trainings that differ in one or two settings, by
the loss on its validation data. Prints a row as soon as a training has ended; the same examples,
seed and number of epochs in each."""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tabulate import tabulate

ADAPTER = Path(__file__).resolve().parents[1] / "adapters" / "tully-v2"
CELLS: tuple[dict[str, Any], ...] = (
    {"learning_rate": 2e-4},
    {"learning_rate": 5e-4},
    {"learning_rate": 1e-3},
    {"learning_rate": 5e-4, "batch_size": 4},
    {"learning_rate": 5e-4, "lora": {"rank": 64, "scale": 2.0}},
    {"learning_rate": 5e-4, "lora": {"rank": 16, "scale": 2.0, "layers": 9}},
)


def main() -> None:
    from persona_eval.models.blas import prepare_cpu

    prepare_cpu()
    from persona_eval.models.locate import locate
    from persona_eval.models.mlx import load_base

    options = _options()
    base = load_base(locate("gemma3-270m"))
    rows = []
    for cell in CELLS[options.first :]:
        rows.append(train_cell(cell, base, options))
        print(tabulate(rows[-1:], tablefmt="plain"), flush=True)
    print(
        tabulate(rows, headers=("settings", "steps", "loss", "validation", "min"), floatfmt=".3f")
    )


def train_cell(cell: dict[str, Any], base: Any, options: argparse.Namespace) -> list[Any]:
    """Settings, steps, training loss and validation loss (nats a reply token), minutes."""
    from persona_eval.training.recipe import Recipe
    from persona_eval.training.train import train

    recipe = Recipe.model_validate(
        {
            "data": {"train": "train.jsonl", "valid": "valid.jsonl"},
            "lora": {"rank": 16, "scale": 2.0},
            "epochs": options.epochs,
            **cell,
        }
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        some_of(ADAPTER / "data" / "train.jsonl", folder / "train.jsonl", options.examples)
        shutil.copy(ADAPTER / "data" / "valid.jsonl", folder)
        manifest = train(recipe, base, folder)
    best = manifest.selected
    return [cell, manifest.points[-1].step, best.train, best.valid, manifest.seconds / 60]


def some_of(source: Path, target: Path, count: int) -> None:
    """The same ``count`` lines of a file each time, in their order."""
    lines = source.read_text(encoding="utf-8").splitlines()
    chosen = sorted(random.Random(0).sample(range(len(lines)), min(count, len(lines))))
    target.write_text("".join(f"{lines[number]}\n" for number in chosen), encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=150)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="skip this many cells")
    return parser.parse_args()


if __name__ == "__main__":
    main()
