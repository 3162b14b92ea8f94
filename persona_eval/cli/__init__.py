"""The command ``persona-eval``: a thin shell over the functions that the plugin calls."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from persona_eval.errors import PersonaEvalError

BAD_INPUT = 2
COMMANDS = {
    "score": "judge saved replies by a suite, without a language model",
    "check": "look for mistakes in suites, cards and training data, without a language model",
    "lint": "hold training data against the card, the suites and itself, without a model",
    "label": "say which stored replies pass, by your own reading",
    "calibrate": "fit the scorers' limits to your labels, and write them into the card",
    "accept": "make a run the baseline that later runs are compared with",
    "compare": "compare runs, adapters or the baseline, case by case",
    "runs": "list the stored runs",
    "show": "show a stored run: what it was made with, and how its cases stand",
    "trend": "show how the rates changed over the runs",
    "train": "train an adapter from its recipe",
    "import-peft": "make an adapter of Hugging Face PEFT into one of mlx-lm",
    "selftest": "measure the scorers by the labelled replies that ship with the package",
    "schema": "write the JSON Schemas that editors complete and check by",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except PersonaEvalError as error:
        print(error, file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        sys.stdout = None  # nobody reads on: nothing left to flush
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="persona-eval", description="Character tests for small language models."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, meaning in COMMANDS.items():
        command = import_module(f"persona_eval.cli.{name.replace('-', '_')}")
        sub = commands.add_parser(name, help=meaning, description=command.__doc__)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser
