"""Write the JSON Schemas of suites, character cards and recipes for editors, with all expectations
that are known here: built-in, installed, and those of a conftest.py beside the suites. With --run,
that of what `pytest --persona-json` writes."""

from __future__ import annotations

import argparse
from pathlib import Path

from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.reports.run_shape import write_run_schema
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.schema import write_schemas
from persona_eval.training.recipe_schema import write_recipe_schema


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, nargs="?", default=Path("suites"))
    parser.add_argument(
        "--run", dest="report", type=Path, metavar="FILE",
        help="write the schema of a run, and nothing else",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Write the files and name them."""
    if options.report:
        write_run_schema(options.report)
        print(options.report)
        return 0
    vocabulary = default_registry(conftest_scorers(options.folder))
    for path in (*write_schemas(options.folder, vocabulary), write_recipe_schema(options.folder)):
        print(path)
    return 0
