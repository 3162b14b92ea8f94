"""The documentation names every option, ini key and command, and none that there is not."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Iterator

import pytest
from documents import PAGES, blocks

from persona_eval import cli
from persona_eval.pytest_plugin import options

TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
OTHER_NAMES = {"junitxml": "xmlpath", "tb": "tbstyle"}
"""Options of pytest that are kept under another name."""


class Declared:
    """Stands where pytest's parser does, and remembers what the plugin declares."""

    def __init__(self) -> None:
        self.options: list[str] = []
        self.keys: list[str] = []

    def getgroup(self, name: str, description: str) -> Declared:
        return self

    def addoption(self, name: str, **more: object) -> None:
        self.options.append(name)

    def addini(self, name: str, *more: object, **others: object) -> None:
        self.keys.append(name)


def commands() -> dict[str, argparse.ArgumentParser]:
    (actions,) = (
        action
        for action in cli._parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return dict(actions.choices)


def told(name: str) -> bool:
    """Whether the name stands in the documentation, and not only as the beginning of another."""
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", TEXT) is not None


def test_every_option_and_ini_key_of_the_plugin() -> None:
    declared = Declared()
    options.add(declared)  # type: ignore[arg-type]
    assert len(declared.options) > 10
    assert len(declared.keys) > 3
    assert [name for name in declared.options + declared.keys if not told(name)] == []


def test_every_command() -> None:
    assert commands().keys() == cli.COMMANDS.keys()
    assert [name for name in cli.COMMANDS if not told(f"persona-eval {name}")] == []


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_option_of_a_command(command: str) -> None:
    actions = commands()[command]._actions
    long = [name for each in actions for name in each.option_strings if name.startswith("--")]
    assert [name for name in long if name != "--help" and not told(name)] == []


def typed(program: str) -> Iterator[list[str]]:
    """The words of each command in a console block, after the program's name."""
    for page in PAGES:
        for block in blocks(page):
            if block.kind == "console":
                for line in re.sub(r"\\\n\s*", "", block.text).splitlines():
                    first, *words = shlex.split(line, comments=True)[1:] or [""]
                    if line.startswith("$ ") and first == program:
                        yield words


def test_commands_that_are_shown_can_be_typed(capsys: pytest.CaptureFixture[str]) -> None:
    shown = list(typed("persona-eval"))
    assert len(shown) > 20
    for words in shown:
        try:
            cli._parser().parse_args(words)
        except SystemExit:
            pytest.fail(f"persona-eval {' '.join(words)}: {capsys.readouterr().err}")


def test_commands_that_are_named_in_a_sentence_exist() -> None:
    named = set(re.findall(r"`persona-eval\s+([a-z][a-z-]*)", TEXT))
    assert named <= cli.COMMANDS.keys()
    assert len(named) > 10


def test_options_of_pytest_that_are_shown_exist(pytestconfig: pytest.Config) -> None:
    shown = [word.partition("=")[0] for words in typed("pytest") for word in words]
    long = {word.removeprefix("--") for word in shown if word.startswith("--")}
    assert {"persona-explain", "persona-plan"} <= long
    known = vars(pytestconfig.option).keys()
    assert {
        name for name in long if OTHER_NAMES.get(name, name.replace("-", "_")) not in known
    } == set()
