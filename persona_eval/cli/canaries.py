"""Read, without sampling, whether adapters find the good replies of cases likelier than the bad
ones: the margin that the expectation `prefers` judges by, for every case that has both. Early
signs, cheap to have, and not the verdict: what a model says is judged by `pytest suites/`. What was
read before is taken from the store. Exit status: 0, whatever is found; 2 bad input."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from persona_eval.canaries import (
    Canaries,
    Counted,
    ReadingRunner,
    asked_adapters,
    asked_base,
    read_all,
)
from persona_eval.cli.linting import readable, suite_files
from persona_eval.damage.adapters import require_unchanged
from persona_eval.errors import PersonaEvalError, SuiteError
from persona_eval.models.locate import locate
from persona_eval.models.mlx import MLXModel
from persona_eval.reports.canaries import NO_VERDICT, Sounding, canaries_json, canary_lines
from persona_eval.reports.plain import printable_json
from persona_eval.store import STORE_FILE, Store

EVERY_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "adapters", nargs="+", metavar="ADAPTER",
        help="name below adapters/, folder, checkpoint (NAME@STEP, NAME@best, NAME@last), all "
        "checkpoints (NAME@all), or `base` for none; the last is compared with the first",
    )  # fmt: skip
    parser.add_argument("--cases", action="store_true", help="show the margin of every case")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--suites", type=Path, default=Path("suites"), metavar="DIR",
        help="folder of suites, or one suite (suites)",
    )  # fmt: skip
    parser.add_argument(
        "--model", metavar="NAME",
        help="the base: a name, an MLX directory or a hub id (default: what the recipe names)",
    )  # fmt: skip
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    parser.add_argument(
        "--store", type=Path, default=Path(".persona_eval"), metavar="DIR",
        help="folder of the store (.persona_eval)",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Read and report. Raises PersonaEvalError for what cannot be read."""
    canaries = _canaries(options.suites)
    root = options.adapters_dir
    base = locate(options.model or asked_base(options.adapters, root))
    adapters = asked_adapters(options.adapters, root, base)
    model = MLXModel(base)
    store = Store(options.store / STORE_FILE)
    try:
        runner, counted = (
            ReadingRunner(model, store, before_wearing=require_unchanged),
            Counted(store),
        )
        told = _Told(len(canaries.cases) * len(adapters))
        sides = read_all(canaries, adapters, runner, counted, told)
    finally:
        store.close()
    found = Sounding(canaries, tuple(sides), counted.computed)
    if options.json:
        about = {"model": {"name": model.name, "fingerprint": model.fingerprint},
                 "engine": model.engine, "note": NO_VERDICT}  # fmt: skip
        print(printable_json(canaries_json(found, about), indent=2))
    else:
        for line in canary_lines(found, model.name, model.engine, options.cases):
            print(line)
    return 0


def _canaries(path: Path) -> Canaries:
    files = suite_files(path) if path.is_dir() else [path] if path.is_file() else []
    if not files:
        raise PersonaEvalError(f"{path}: there is no *.suite.yaml; name the folder with --suites")
    suites, problems = readable(files)
    if problems:
        raise SuiteError(problems)
    return Canaries.of(suites)


class _Told:
    """Says on standard error how far the cases are, every ten seconds."""

    def __init__(self, total: int) -> None:
        self._total, self._done = total, 0
        self._last = time.monotonic()

    def __call__(self) -> None:
        self._done += 1
        if time.monotonic() - self._last >= EVERY_SECONDS:
            self._last = time.monotonic()
            print(f"{self._done} of {self._total} cases", file=sys.stderr, flush=True)
