"""``--persona-json``: a run for other programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from projects import CRASHES, HEAD, Project, case, says

from persona_eval.cli import main


def report(project: Project, *arguments: str) -> Any:
    project.run("--persona-json=run.json", *arguments)
    return json.loads((project.folder / "run.json").read_text())


def test_results_comparison_and_gate(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    project.suite(case("tea"), case("cup"), head=HEAD.replace("trials: 1", "trials: 3"))
    says(project, tea="+++", cup="+++")
    project.run()
    assert main(["accept"]) == 0
    says(project, tea="+++", cup="---")
    found = report(project, "--persona-fresh")
    assert (found["schema"], found["run"], found["exit_status"]) == (1, 2, 1)
    assert (found["passed"], found["finished"], found["errors"]) == (False, True, [])
    assert found["about"]["model"]["name"] == "scripted"
    (adapter,) = found["adapters"]
    cup = next(each for each in adapter["cases"] if each["case"].endswith("::cup"))
    assert (cup["label"], cup["trials"], cup["rate"]) == ("failing", [False] * 3, 0.0)
    assert adapter["summaries"][-1]["category"] == "all"
    (gate,) = found["gates"]
    assert gate["decision"]["passed"] is False
    assert gate["comparison"]["counts"]["broken"] == 1
    (broken,) = [c for c in gate["comparison"]["cases"] if c["status"] == "broken"]
    assert broken["confirmed"] is True
    assert broken["before"]["replies"][0] == ["I drink tea."]
    assert broken["after"]["replies"][0] == ["Hm."]
    assert broken["after"]["extra"] == [False] * 3


def test_errors_are_named(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("tea", extra="expect: [crashes]"))
    found = report(project)
    assert (found["passed"], found["exit_status"]) == (False, 7)
    assert "ZeroDivisionError" in found["errors"][0]["error"]


def test_a_report_of_an_earlier_run_does_not_stay(project: Project) -> None:
    project.suite(case("tea"))
    assert report(project)["passed"] is True
    project.suite(case("tea", extra="skip: later"))
    found = report(project)
    assert (found["passed"], found["exit_status"]) == (False, 1)
    project.suite("  - {id: 1}\n")
    assert project.run("--persona-json=run.json").ret == pytest.ExitCode.INTERRUPTED
    assert not (project.folder / "run.json").exists()


def test_a_report_that_cannot_be_written_is_said_at_once(project: Project) -> None:
    project.suite(case("tea"))
    result = project.run("--persona-json=nowhere/run.json")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert project.asked() == []
    result.stderr.fnmatch_lines(["*nowhere/run.json: this is no file in a folder that exists*"])


def test_each_worker_running_every_case_counts_it_once(project: Project) -> None:
    project.suite(case("tea"), case("cup"))
    project.run_alone("-n2", "--dist=each", "--persona-json=run.json")
    found = json.loads((project.folder / "run.json").read_text())
    assert len(found["adapters"][0]["cases"]) == 2


def test_two_workers_write_one_report(project: Project) -> None:
    project.suite(case("tea"))
    project.suite(case("cup"), name="b.suite.yaml")
    project.run_alone("-n2", "--persona-json=run.json")
    found = json.loads((project.folder / "run.json").read_text())
    assert len(found["adapters"][0]["cases"]) == 2
    assert found["passed"] is True
