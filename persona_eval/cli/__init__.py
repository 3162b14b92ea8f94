"""The command ``persona-eval``: a thin shell over the functions that the plugin calls."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from keyword import iskeyword

from persona_eval.errors import PersonaEvalError
from persona_eval.reports.plain import printable
from persona_eval.suite.suggest import did_you_mean

BAD_INPUT = 2
COMMANDS = {
    "new": "begin a character: card, suites, recipe, example data",
    "chat": "talk to the character, and turn replies into cases",
    "score": "judge saved replies by a suite, without a language model",
    "check": "look for mistakes in suites, cards and training data, without a language model",
    "lint": "hold training data against the card, the suites and itself, without a model",
    "gaps": "find what the data lack for failing cases, and write prompts for you to answer",
    "label": "say which stored replies pass, by your own reading",
    "calibrate": "fit the scorers' limits to your labels, and write them into the card",
    "accept": "make a run the baseline that later runs are compared with",
    "compare": "compare runs, adapters or the baseline, case by case",
    "runs": "list the stored runs",
    "show": "show a stored run: what it was made with, and how its cases stand",
    "trend": "show how the rates changed over the runs",
    "report": "write a stored run as one HTML file",
    "doctor": "say what is wrong with lengths, ends and sampling settings, and what to change",
    "sweep": "try generation settings on the cases, with the same draws for all",
    "damage": "measure what fine-tuning cost on cases outside the character",
    "canaries": "read which replies adapters find likelier, without sampling: early signs only",
    "train": "train an adapter from its recipe",
    "try": "train a recipe in variants beside the adapter, and compare them",
    "import-peft": "make an adapter of Hugging Face PEFT into one of mlx-lm",
    "selftest": "measure the scorers by the labelled replies that ship with the package",
    "schema": "write the JSON Schemas that editors complete and check by",
}


ELSEWHERE = {
    "train": "epochs, rank and all that shapes a training stand in adapters/NAME/recipe.yaml; "
    "`persona-eval try NAME --with KEY=A,B` tries others",
}
"""By command: where to look for what is no option of it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    options = _options(sys.argv[1:] if arguments is None else arguments)
    try:
        return int(options.run(options))
    except PersonaEvalError as error:
        print("\n".join(map(printable, str(error).split("\n"))), file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        sys.stdout = None  # nobody reads on: nothing left to flush
        return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    """What was typed; leaves with status 2 and a suggestion where that is no command or no option."""
    parser = _parser()
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        name = printable(arguments[0])
        parser.error(f"no command `{name}`{did_you_mean(name, list(COMMANDS))}")
    options, unknown = parser.parse_known_args(arguments)
    if unknown:
        hint = ELSEWHERE.get(arguments[0])
        told = f"unknown: {printable(' '.join(unknown))}"
        options.parser.error(f"{told}. {hint}" if hint else told)
    return options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="persona-eval", description="Character tests for small language models."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, meaning in COMMANDS.items():
        command = import_module(f"persona_eval.cli.{_module(name)}")
        sub = commands.add_parser(name, help=meaning, description=command.__doc__)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run, parser=sub)
    return parser


def _module(command: str) -> str:
    """`import-peft` is in `import_peft`; `try`, which is a word of Python, in `try_`."""
    name = command.replace("-", "_")
    return f"{name}_" if iskeyword(name) else name
