"""Write the JSON Schemas of suites and character cards, with all expectations that are known
here: built-in, installed, and those of a conftest.py beside the suites."""

from __future__ import annotations

import argparse
from pathlib import Path

from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.schema import write_schemas


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("folder", type=Path, nargs="?", default=Path("suites"))


def run(options: argparse.Namespace) -> int:
    """Write both files and name them."""
    for path in write_schemas(options.folder, default_registry(conftest_scorers(options.folder))):
        print(path)
    return 0
