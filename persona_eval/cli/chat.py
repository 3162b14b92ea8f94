"""Talk to the character in the terminal, and turn any reply into a case of its suites. What is
typed is said; commands begin with a slash, /help lists them. No run is stored."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from persona_eval.chat import Chat
from persona_eval.cli.linting import readable, suite_files
from persona_eval.cli.talking import Talk, Waiting
from persona_eval.errors import AdapterError, PersonaEvalError
from persona_eval.lint.adapter import suites_of
from persona_eval.models.base import Model
from persona_eval.models.bundled import NAME as BUNDLED
from persona_eval.models.locate import locate
from persona_eval.models.mlx import MLXModel
from persona_eval.settings import pytest_setting
from persona_eval.suite.card import Generation
from persona_eval.suite.models import Suite
from persona_eval.training.adapter import resolve_adapter
from persona_eval.training.current import own_recipe, require_current

BASE = "base"
SETTINGS = {"temperature": float, "top_p": float, "top_k": int, "max_tokens": int, "seed": int}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "adapter", help=f"name below adapters/, or an adapter's folder; `{BASE}` for none"
    )
    parser.add_argument("--model", metavar="NAME|DIR|HUB_ID", help="base model (the recipe's)")
    parser.add_argument(
        "--suites", type=Path, default=Path("suites"), metavar="DIR",
        help="of the character (suites)",
    )  # fmt: skip
    parser.add_argument("--adapters-dir", type=Path, default=Path("adapters"), metavar="DIR")
    defaults = Generation()
    for name, kind in SETTINGS.items():
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=kind, metavar="N",
            help=f"as in `generation:` ({getattr(defaults, name):g})",
        )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Talk until there is no more to read. Raises PersonaEvalError for an adapter that is not
    there or not current, and for a model that cannot be loaded."""
    generation = _generation(options)
    folder = None if options.adapter == BASE else _folder(options)
    own = _own_suites(folder.resolve().name if folder else BASE, options.suites)
    model = load(options.model or _base_of(folder))
    if folder:
        instead = f"; or talk to the base without it: persona-eval chat {BASE}"
        require_current(folder, model, instead=instead)
    model.wear(folder)
    persona = own[0].persona if own else None
    waiting = Waiting()
    chat = Chat(model, persona.system_prompt if persona else None, generation, waiting.step)
    Talk(chat, own, options.suites, waiting).run()
    return 0


def load(spec: str) -> Model:
    """The model of a chat: one reply at a time."""
    return MLXModel(locate(spec), batch_size=1)


def _generation(options: argparse.Namespace) -> Generation:
    given: dict[str, Any] = {name: getattr(options, name) for name in SETTINGS}
    try:
        return Generation(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).replace("_", "-")
        raise PersonaEvalError(f"--{name} {first['input']}: {first['msg'].lower()}") from None


def _folder(options: argparse.Namespace) -> Path:
    try:
        return resolve_adapter(options.adapter, options.adapters_dir)
    except AdapterError as error:
        raise AdapterError(f"{error} `{BASE}` talks to the model without one.") from None


def _base_of(folder: Path | None) -> str:
    """The base that the recipe names, else that of a run."""
    if folder and (recipe := own_recipe(folder)):
        return recipe.base
    return next(iter(pytest_setting(Path(), "persona_model")), BUNDLED)


def _own_suites(adapter: str, root: Path) -> Sequence[Suite]:
    """The suites of the adapter's character, as far as they can be read."""
    suites, problems = readable(suite_files(root))
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)
    return suites_of(adapter, suites)
