"""What `persona-eval new` writes is collected, as it is, for the adapter of the character."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.cli import main

MODEL = """
import pytest
from persona_eval import ScriptedModel
from persona_eval.scorers.base import Tools

@pytest.fixture(scope="session")
def persona_model():
    return ScriptedModel({}, default="I don't know that one!")

@pytest.fixture(scope="session")
def persona_tools():
    return Tools()
"""


@pytest.fixture(autouse=True)
def _begun(pytester: pytest.Pytester) -> None:
    assert main(["new", "Rosa", "--yes"]) == 0


def test_ten_cases_are_collected_for_its_adapter(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("suites", "--collect-only", "-q", "--strict-markers")
    assert result.ret == 0
    nodes = [line for line in result.outlines if "::" in line]
    assert len(nodes) == 10
    assert "suites/rosa/boundary.suite.yaml::kill-time[rosa]" in nodes


def test_an_adapter_that_is_still_to_be_trained_is_named_with_the_command(
    pytester: pytest.Pytester,
) -> None:
    Path("conftest.py").write_text(MODEL.replace("ScriptedModel({}", "Named({}").replace(
        "@pytest.fixture", "class Named(ScriptedModel):\n    name = 'gemma3-270m'\n\n\n@pytest.fixture", 1
    ))  # fmt: skip
    result = pytester.runpytest_inprocess("suites")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "persona-eval train rosa" in result.stdout.str() + result.stderr.str()


def test_the_cases_run_on_the_base(pytester: pytest.Pytester) -> None:
    Path("conftest.py").write_text(MODEL)
    result = pytester.runpytest_inprocess("suites", "--persona-adapter=base", "-k", "unknown-field")
    result.stdout.fnmatch_lines(["*Rosa · adapter base · scripted*"])
    result.assert_outcomes(passed=1, deselected=9)
