"""``pytest_persona_scorers`` in a ``conftest.py``."""

from __future__ import annotations

import pytest
from projects import Project, case

SHOUTS = """
    from typing import ClassVar
    from pydantic import Field
    from persona_eval import Score, Scorer

    class Shouts(Scorer):
        name: ClassVar[str] = "shouts"
        short: ClassVar[str] = "at_least"

        at_least: float = Field(gt=0, le=1)

        def judge(self, exchange):
            letters = [c for c in exchange.reply if c.isalpha()]
            share = sum(c.isupper() for c in letters) / max(len(letters), 1)
            return Score(share >= self.at_least, f"{share:.0%} capitals", share, self.at_least)

    class Again(Shouts):
        pass
"""
HOOK = "\ndef pytest_persona_scorers(config):\n    return {}\n"


def loud(project: Project, returned: str, expect: str = "shouts: 0.5") -> pytest.RunResult:
    project.answers({}, "TEA! And cake.", more=SHOUTS)
    with (project.folder / "conftest.py").open("a") as file:
        file.write(HOOK.format(returned))
    project.suite(case("loud", extra=f"expect: [{expect}]"))
    return project.run()


def test_it_is_written_like_a_built_in_one(project: Project) -> None:
    result = loud(project, "[Shouts]")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*FAIL shouts: 40% capitals [[]value 0.4, limit 0.5[]]"])


def test_it_is_checked_like_a_built_in_one(project: Project) -> None:
    result = loud(project, "[Shouts]", "shouts: 2")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*a.suite.yaml:*shouts*1*"])


def test_its_name_is_suggested(project: Project) -> None:
    result = loud(project, "[Shouts]", "shuots: 0.5")
    result.stdout.fnmatch_lines(["*did you mean `shouts`*"])


def test_a_hook_may_return_nothing(project: Project) -> None:
    result = loud(project, "None", "contains: tea")
    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("[Shouts, Again]", "*two scorers are called `shouts`*"),
        ("[int]", "*<class 'int'> is no scorer*"),
        ("Shouts", "*pytest_persona_scorers must return a list of classes, not*Shouts*"),
    ],
)
def test_what_the_hook_returns_wrongly_is_said_without_a_traceback(
    project: Project, returned: str, message: str
) -> None:
    result = loud(project, returned)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*registry.py:*")
