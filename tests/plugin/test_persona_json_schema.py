"""A run as JSON is what docs/run.schema.json says, to the last key."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from projects import CRASHES, HEAD, Project, case, says

from persona_eval.cli import main
from persona_eval.reports.run_shape import run_schema

GATE = """
[tool.persona-eval.gate]
floors = {boundary = 0.1}
undecided = "pass"
"""


def committed() -> None:
    """Make the folder that is worked in a repository with a commit."""
    subprocess.run(["git", "init", "--quiet"], check=True)
    author = ("-c", "user.name=Bo", "-c", "user.email=bo@example.com")
    subprocess.run(["git", *author, "commit", "-qm", "tea", "--allow-empty"], check=True)


def problems(project: Project) -> list[str]:
    """What the latest report has that the schema has not, or the other way round."""
    schema = run_schema()
    for part in (schema, *schema["$defs"].values()):
        if "properties" in part:
            part["additionalProperties"] = False
    report: dict[str, Any] = json.loads((project.folder / "run.json").read_text())
    return [f"{e.json_path}: {e.message}" for e in Draft202012Validator(schema).iter_errors(report)]


def test_a_run_against_its_baseline(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    committed()
    head = HEAD.replace("trials: 1", "trials: auto").replace("pass_rate: 1", "pass_rate: 0.6")
    project.write("pyproject.toml", GATE)
    project.suite(
        case("tea"), case("cup", extra="category: boundary\ncontrol: true"), case("pot"), head=head
    )
    says(project, tea="+", cup="+", pot="-")
    project.run()
    assert main(["accept"]) == 0
    project.suite(case("tea"), case("cup", extra="category: boundary"), case("jug"), head=head)
    says(project, tea="-", cup="+", jug="+-")
    project.run("--persona-fresh", "--persona-json=run.json")
    assert problems(project) == []
    report = json.loads((project.folder / "run.json").read_text())
    assert report["about"]["git"]
    statuses = [each["status"] for each in report["gates"][0]["comparison"]["cases"]]
    assert sorted(statuses) == ["broken", "changed", "new", "removed"]


def test_a_run_in_which_something_could_not_be_judged(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("tea"), case("cup", extra="expect: [crashes]"))
    project.adapter("ned")
    project.run("--persona-adapter=ned", "--persona-json=run.json")
    assert problems(project) == []


def test_a_run_that_was_set_up_for_nothing(project: Project) -> None:
    project.suite(case("tea", extra="skip: later"))
    project.run("--persona-json=run.json")
    assert problems(project) == []


def test_a_selection_in_github_actions(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "some/dog")
    monkeypatch.setenv("GITHUB_RUN_ID", "77")
    project.suite(case("tea"), case("cup"))
    project.run("-k", "tea", "--persona-json=run.json")
    assert problems(project) == []
    report = json.loads((project.folder / "run.json").read_text())
    assert report["about"]["ci"] == "https://github.com/some/dog/actions/runs/77"
