"""What commands over past runs have in common: the store, and the suites as they are today."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.errors import PersonaEvalError
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.scorers.tools import default_tools
from persona_eval.sides import Project
from persona_eval.store import STORE_FILE, Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where the store is, and what reads texts."""
    parser.add_argument(
        "--store", type=Path, default=Path(".persona_eval"), metavar="DIR",
        help="folder of the store (.persona_eval)",
    )  # fmt: skip
    parser.add_argument("--embedder", metavar="DIR", help="sentence-transformers folder")


def at_least_one(text: str) -> int:
    """A number of runs. Raises ArgumentTypeError for what is none."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 up")
    return int(text)


@contextmanager
def opened(options: argparse.Namespace) -> Iterator[Project]:
    """The project of a store; its suites lie relative to the working folder. Raises
    PersonaEvalError where nothing is stored."""
    path = options.store / STORE_FILE
    if not path.is_file():
        raise PersonaEvalError(f"{path}: nothing is stored; run `pytest suites/` first")
    store = Store(path)
    try:
        yield Project(Path.cwd(), store, default_tools(options.embedder, store), registry_of)
    finally:
        store.close()


def registry_of(folder: Path) -> Registry:
    """The expectations that are known in a folder of suites."""
    return default_registry(conftest_scorers(folder))
