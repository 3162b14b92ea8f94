"""Small projects with a character, suites and a model that says what it was told to say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

import pytest

CONFTEST = """
import pytest
from persona_eval import ScriptedModel
from persona_eval.scorers.base import Tools


class Model(ScriptedModel):
    def answer(self, request):
        with open({log!r}, "a") as log:
            log.write(request.key + "\\n")
        return super().answer(request)


@pytest.fixture(scope="session")
def persona_model():
    return Model({answers!r}, default={default!r})


@pytest.fixture(scope="session")
def persona_tools():
    return Tools()
"""

CRASHES = """
    from typing import ClassVar
    from persona_eval import Scorer

    class Crashes(Scorer):
        name: ClassVar[str] = "crashes"

        def judge(self, exchange):
            raise ZeroDivisionError("nought")

    def pytest_persona_scorers(config):
        return [Crashes]
"""
"""For a ``conftest.py``: an expectation `crashes`."""

HEAD = """\
persona: persona.yaml
defaults: {trials: 1, pass_rate: 1}
cases:
"""
DRINK = "What do you drink?"


def case(
    name: str, prompt: str = DRINK, says: str = "tea", extra: str = "", packed: bool = False
) -> str:
    """A case that wants a word in the reply; ``extra`` holds more keys, a line each."""
    keys = [f"id: {name}", dedent(extra).strip()]
    given = "\n" + keys[1]
    if "\nprompt:" not in given and "\nturns:" not in given:
        keys.append(f"prompt: {json.dumps(prompt)}")
    if "\nexpect:" not in given:
        keys.append(f"expect: [contains: {says}]")
    if "\ncategory:" not in given:
        keys.append("category: in_character")
    if not packed:
        keys.append("pack: none")
    return "  - " + indent("\n".join(filter(None, keys)), "    ").lstrip() + "\n"


class Project:
    """A project in a folder of its own. Its model says "I drink tea." and "Hm."."""

    def __init__(self, pytester: pytest.Pytester):
        self.pytester = pytester
        self.folder = pytester.path
        self.log = self.folder / "asked.log"
        self.answers({DRINK: "I drink tea."})
        self.write("persona.yaml", "name: Bo\n")

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def answers(
        self, answers: Mapping[str, str], default: str | None = "Hm.", more: str = ""
    ) -> None:
        """Write the ``conftest.py``; ``more`` is added to it."""
        text = CONFTEST.format(answers=dict(answers), default=default, log=str(self.log))
        self.write("conftest.py", text + dedent(more))

    def conftest(self, more: str) -> None:
        """The usual model, and more."""
        self.answers({DRINK: "I drink tea."}, more=more)

    def suite(self, *cases: str, name: str = "a.suite.yaml", head: str = HEAD) -> Path:
        """Write a suite of these cases."""
        return self.write(name, head + "".join(cases))

    def adapter(self, name: str, folder: str = "adapters") -> Path:
        """An adapter from elsewhere: configuration and weights, no recipe."""
        lora = {"rank": 4, "scale": 2.0, "dropout": 0.0}
        config = {"num_layers": 2, "lora_parameters": lora}
        self.write(f"{folder}/{name}/adapter_config.json", json.dumps(config))
        return self.write(f"{folder}/{name}/adapters.safetensors", name).parent

    def run(self, *arguments: str, adapter: str | None = "base") -> pytest.RunResult:
        """Inside this process."""
        return self.pytester.runpytest_inprocess(*_all(arguments, adapter))

    def run_alone(self, *arguments: str, adapter: str | None = "base") -> pytest.RunResult:
        """In a process of its own, without the import of hypothesis (1.3 s a process)."""
        lean = ("-p", "no:hypothesispytest", *arguments)
        return self.pytester.runpytest_subprocess(*_all(lean, adapter), timeout=120)

    def asked(self) -> list[str]:
        """Keys of all replies that were generated, in all runs."""
        return self.log.read_text().split() if self.log.exists() else []


def _all(arguments: tuple[str, ...], adapter: str | None) -> list[str]:
    return [*([] if adapter is None else [f"--persona-adapter={adapter}"]), *arguments]


SAYS = """
    import json, pathlib

    @pytest.fixture(scope="session")
    def persona_model():
        said = json.loads(pathlib.Path({path!r}).read_text())

        def answer(request):
            with open({log!r}, "a") as log:
                log.write(request.key + "\\n")
            case, trial, _, _ = request.key.split("/")
            replies = said[case]
            return "I drink tea." if replies[int(trial) % len(replies)] else "Hm."
        return ScriptedModel(answer)
"""


def says(project: Project, **cases: str) -> None:
    """Let the model pass (``+``) or fail (``-``) the trials of each case, over and over; dashes
    in ids are written as underscores. The store of earlier replies is left behind."""
    path = project.folder / "says.json"
    said = {name.replace("_", "-"): [c == "+" for c in marks] for name, marks in cases.items()}
    path.write_text(json.dumps(said), encoding="utf-8")
    project.answers({}, more=SAYS.format(path=str(path), log=str(project.log)))
