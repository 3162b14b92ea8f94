"""``$GITHUB_STEP_SUMMARY``: GitHub Actions shows on its page what is added to this file."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import Project, case


@pytest.fixture
def step(project: Project, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = project.write("step.md", "what another step wrote")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(path))
    return path


def test_a_run_adds_its_summary(project: Project, step: Path) -> None:
    project.suite(case("tea"))
    project.run()
    project.run()
    text = step.read_text(encoding="utf-8")
    assert text.startswith("what another step wrote\n## ✅ persona-eval: gate PASS")
    assert text.count("\n## ✅ persona-eval") == 2


def test_the_controller_alone_does(project: Project, step: Path) -> None:
    project.suite(case("tea"))
    project.suite(case("cup"), name="b.suite.yaml")
    project.run_alone("-n2").assert_outcomes(passed=2)
    assert step.read_text(encoding="utf-8").count("## ✅ persona-eval") == 1


@pytest.mark.parametrize("arguments", [(), ("--persona-explain",), ("--persona-plan",)])
def test_where_no_suite_ran_nothing_is_added(
    project: Project, step: Path, arguments: tuple[str, ...]
) -> None:
    if arguments:
        project.suite(case("tea"))
    else:
        project.write("test_other.py", "def test_other():\n    pass\n")
    assert project.run(*arguments).ret == 0
    assert step.read_text() == "what another step wrote"


def test_one_that_cannot_be_written_is_a_note_and_no_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(project.folder / "nowhere" / "step.md"))
    project.suite(case("tea"))
    result = project.run("-Werror")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["gate PASS*", "note GITHUB_STEP_SUMMARY: not written: *nowhere*"])


def test_what_was_asked_for_is_written_all_the_same(project: Project, step: Path) -> None:
    project.suite(case("tea"))
    project.run("--persona-markdown=summary.md")
    assert (project.folder / "summary.md").read_text() in step.read_text()
