"""Begin a character: a card, five suites with two cases each, a recipe with a few lines of data,
and what a project needs to test it. Asks a few questions; each has a flag, and --yes asks none.
Nothing that is there is overwritten."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.errors import PersonaEvalError
from persona_eval.models.bundled import NAME as BUNDLED
from persona_eval.scaffold.answers import Answers, age_of, character, folder_name
from persona_eval.scaffold.project import Plan, plan, write
from persona_eval.scaffold.questions import LISTS, QUESTIONS, ask_for, ask_name
from persona_eval.scaffold.render import SUITES, texts
from persona_eval.scorers.registry import default_registry

INTERRUPTED = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="what the character is called")
    parser.add_argument("--yes", action="store_true", help="ask nothing: placeholders, marked TODO")
    parser.add_argument("--age", metavar="YEARS", help="a number, or `adult`")
    parser.add_argument("--about", metavar="SENTENCE", help="who it is")
    parser.add_argument("--home", metavar="PLACE", help="where it lives: `in a house by the sea`")
    parser.add_argument(
        "--person", action="append", dest="people", metavar="NAME", help="whom it trusts; repeat"
    )
    parser.add_argument(
        "--catchphrase", action="append", dest="catchphrases", metavar="TEXT", help="repeat"
    )
    parser.add_argument(
        "--knows", action="append", nargs=2, metavar=("QUESTION", "ANSWER"),
        help="what it knows; repeat",
    )  # fmt: skip
    parser.add_argument(
        "--does-not-know", action="append", dest="unknown", metavar="FIELD",
        help="what it knows nothing about: `stock markets`; repeat",
    )  # fmt: skip
    parser.add_argument(
        "--sample", action="append", dest="samples", metavar="SENTENCE", help="in its voice; repeat"
    )
    parser.add_argument("--folder", metavar="NAME", help="of suites and adapter (from the name)")
    parser.add_argument("--base", default=BUNDLED, metavar="MODEL", help=f"base ({BUNDLED})")


def run(options: argparse.Namespace) -> int:
    """Raises PersonaEvalError where files are there already or an answer cannot be used."""
    try:
        known = _said(options)
        folder = _folder(options.folder or folder_name(known.name))
        planned = _planned(known, folder, options.base)
        if not options.yes:
            planned = _planned(_asked(known, options), folder, options.base)
    except KeyboardInterrupt:
        print("\nnothing was written")
        return INTERRUPTED
    write(planned)
    print("\n".join([*_written(planned), *_next(planned, folder)]))
    return 0


def _planned(answers: Answers, folder: str, base: str) -> Plan:
    registry = default_registry(conftest_scorers(Path()))
    return plan(Path(), texts(character(answers), folder, registry, base))


def _said(options: argparse.Namespace) -> Answers:
    """What the flags say. Raises PersonaEvalError for what is wrong with that."""
    given = {key: getattr(options, key) for key in QUESTIONS if getattr(options, key) is not None}
    if "age" in given:
        given["age"] = age_of(given["age"])
    given |= {key: tuple(each for each in given[key] if any(each)) for key in LISTS if key in given}
    if options.yes and options.name is None:
        raise PersonaEvalError("a character needs a name: persona-eval new NAME --yes")
    name = ask_name(_ask, print) if options.name is None else options.name
    return replace(Answers(name), **given)


def _asked(known: Answers, options: argparse.Namespace) -> Answers:
    """What the flags do not say is asked for."""
    return ask_for(known, {key for key in QUESTIONS if getattr(options, key) is None}, _ask, print)


def _ask(prompt: str) -> str | None:
    try:
        return input(prompt)
    except EOFError:
        print()
        return None


def _folder(name: str) -> str:
    if name != folder_name(name):
        raise PersonaEvalError(
            f"--folder {name}: a folder may hold a-z, 0-9 and hyphens, such as `{folder_name(name)}`"
        )
    return name


def _written(planned: Plan) -> list[str]:
    """What was written, and what the project has to be told."""
    lines = [f"wrote {path}" for path in planned.files]
    lines += (
        [f"added to .gitignore: {', '.join(planned.ignored.split())}"] if planned.ignored else []
    )
    lines += [f"kept {path}, which was there" for path in planned.kept]
    return [*lines, "What is made up, or an example, is marked TODO: replace it"]


def _next(planned: Plan, folder: str) -> list[str]:
    lines = ["", "Next:", "  persona-eval check", f"  persona-eval train {folder}"]
    if planned.configured is None:
        return [*lines, f"  pytest {SUITES}/"]
    return [
        *lines,
        f"  pytest {SUITES}/{folder} --persona-adapter {folder}",
        f"or, without the option, with `persona_adapters` in {planned.configured}:",
        f"  {_setting(planned.configured, folder)}",
    ]


def _setting(path: Path, folder: str) -> str:
    return (
        f'persona_adapters = ["{folder}"]'
        if path.suffix == ".toml"
        else f"persona_adapters = {folder}"
    )
