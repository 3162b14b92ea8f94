"""Train an adapter's recipe in variants, beside the adapter and without touching it, and print them
as a table, best first. Each variant is an adapter of its own in ADAPTER/tries/. What is finished is
not trained again, and what was stopped goes on. Exit status: 0; 1 where no variant could be
trained; 2 for bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from persona_eval.choosing import Chosen, choose_cases
from persona_eval.cli.linting import suite_files
from persona_eval.cli.project import at_least_one, registry_of
from persona_eval.errors import TrainingError
from persona_eval.models.mlx import MLXModel
from persona_eval.reports.plain import printable_json
from persona_eval.reports.training import ProgressLines, minutes
from persona_eval.reports.tries import plan_text, result_line, tries_json, tries_lines
from persona_eval.scorers.tools import default_tools
from persona_eval.store import STORE_FILE, Store
from persona_eval.suite.load import load_suite
from persona_eval.training.adapter import resolve_adapter
from persona_eval.training.recipe import RECIPE_FILE, SuiteChoice
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.run import OnProgress
from persona_eval.tries.cells import Changes, grid, single
from persona_eval.tries.folders import Attempt, lay_out
from persona_eval.tries.sweep import Judging, Models, Plan, Result, locate_all, plan, sweep
from persona_eval.tries.variants import Size, make_variants

MOST_VARIANTS = 24
MOST_SECONDS = 6 * 3600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("adapter", help="name below adapters/, or a folder with a recipe.yaml")
    ways = parser.add_mutually_exclusive_group(required=True)
    ways.add_argument(
        "--with", dest="grid", action="append", metavar="KEY=V1,V2",
        help="values of a key of the recipe, as in learning_rate=2e-4,5e-4 or lora.rank=8,16 or "
        "base=NAME,FOLDER; with several keys, every combination",
    )  # fmt: skip
    ways.add_argument(
        "--cell", action="append", metavar='"KEY=V KEY=V"',
        help='one variant, in place of a grid; "" is the recipe as it is',
    )  # fmt: skip
    parser.add_argument(
        "--examples", type=at_least_one, metavar="N",
        help="train on so many conversations, the same for all variants (all)",
    )  # fmt: skip
    parser.add_argument(
        "--epochs", type=at_least_one, metavar="N", help="instead of the recipe's number"
    )
    parser.add_argument(
        "--suite", type=Path, metavar="PATH",
        help="a suite, or a folder of them: a quick subset of their cases judges each variant",
    )  # fmt: skip
    parser.add_argument(
        "--yes", action="store_true",
        help=f"go on with more than {MOST_VARIANTS} variants or {minutes(MOST_SECONDS)} too",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    parser.add_argument(
        "--store", type=Path, default=Path(".persona_eval"), metavar="DIR",
        help="where the replies to suites are kept (.persona_eval)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Train and report. Raises PersonaEvalError for what cannot be tried."""
    attempts, cases = _prepared(options)
    models = Models(lambda files: MLXModel(files))
    planned = plan(attempts, models)
    _say(plan_text(planned, len(attempts)))
    if not options.yes:
        _refuse_long(planned)
    results = []
    with _judging(options.store, attempts, cases) as judging:
        for result in sweep(attempts, planned, models, judging, _progress):
            results.append(result)
            _say(f"[{len(results)}/{len(attempts)}] {result_line(result)}")
    _print(options, results, planned, len(cases))
    return int(all(result.manifest is None for result in results))


def _prepared(options: argparse.Namespace) -> tuple[list[Attempt], list[Chosen]]:
    """Folders of all variants, and the cases that judge them. Nothing is written before all that
    was typed is known to be right."""
    folder = resolve_adapter(options.adapter, options.adapters_dir)
    recipe = load_recipe(folder / RECIPE_FILE)
    cells = grid(options.grid) if options.grid else [single(text) for text in options.cell]
    if not options.yes:
        _refuse_many(cells)
    size = Size(options.examples, options.epochs)
    variants = make_variants(recipe, folder / RECIPE_FILE, cells, size)
    bases = locate_all([variant.recipe.base for variant in variants])
    cases = _cases(options.suite, recipe.seed) if options.suite else []
    return lay_out(folder, recipe, variants, bases), cases


def _refuse_many(cells: Sequence[Changes]) -> None:
    if len(cells) > MOST_VARIANTS:
        raise TrainingError(
            f"{len(cells)} variants, more than {MOST_VARIANTS}: give fewer values, name single "
            "variants with --cell, or add --yes"
        )


def _refuse_long(planned: Plan) -> None:
    if planned.seconds > MOST_SECONDS:
        raise TrainingError(
            f"that is more than {minutes(MOST_SECONDS)}: take fewer --examples or --epochs, fewer "
            "variants, or add --yes"
        )


def _cases(path: Path, seed: int) -> list[Chosen]:
    files = suite_files(path) if path.is_dir() else [path]
    suites = [load_suite(file, registry_of(file.parent)) for file in files]
    return choose_cases(suites, SuiteChoice(path=str(path)), seed)


@contextmanager
def _judging(
    folder: Path, attempts: Sequence[Attempt], cases: Sequence[Chosen]
) -> Iterator[Judging | None]:
    """None, and no store is opened, where no suite judges anything."""
    if not cases and all(attempt.recipe.suite is None for attempt in attempts):
        yield None
        return
    store = Store(folder / STORE_FILE)
    try:
        yield Judging(store, default_tools(None, store), registry_of, cases)
    finally:
        store.close()


def _progress(attempt: Attempt) -> OnProgress:
    _say(f"{attempt.variant.label} ({attempt.base.name}): {attempt.folder}")
    return ProgressLines(lambda line: _say(f"  {line}"))


def _print(
    options: argparse.Namespace, results: Sequence[Result], planned: Plan, cases: int
) -> None:
    if options.json:
        found = tries_json(options.adapter, results, planned, cases)
        print(printable_json(found, indent=2))
    else:
        print("\n".join(tries_lines(results, cases)))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
