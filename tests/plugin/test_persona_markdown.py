"""``--persona-markdown``: a summary for a pull request."""

from __future__ import annotations

import pytest
from projects import HEAD, Project, case, says

from persona_eval.cli import main

THREE = HEAD.replace("trials: 1", "trials: 3")


def summary(project: Project, *arguments: str) -> str:
    project.run("--persona-markdown=summary.md", *arguments)
    return (project.folder / "summary.md").read_text(encoding="utf-8")


def test_flips_with_both_replies_gate_and_links(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "some/dog")
    monkeypatch.setenv("GITHUB_RUN_ID", "77")
    project.suite(case("tea"), case("cup"), case("pot"), head=THREE)
    says(project, tea="+", cup="+", pot="-")
    project.run()
    assert main(["accept"]) == 0
    says(project, tea="+", cup="-", pot="+")
    text = summary(project, "--persona-fresh")
    assert text.startswith("## ❌ persona-eval: gate FAIL · `Bo`")
    assert "[this run](https://github.com/some/dog/actions/runs/77)" in text
    assert "confirmed broken" in text
    assert "| in_character | 3 | 9 | 67% |" in text
    then_and_now = "user  What do you drink?\nthen  {}\nnow   {}\n"
    broken, fixed = text.split("<details><summary>Fixed (1)</summary>")
    assert then_and_now.format("I drink tea.", "Hm.") in broken
    assert "      ✗ contains: does not contain “tea”" in broken
    assert then_and_now.format("Hm.", "I drink tea.") in fixed


def test_an_earlier_summary_does_not_stay(project: Project) -> None:
    project.suite(case("tea"))
    assert "gate PASS" in summary(project)
    project.suite("  - {id: 1}\n")
    project.run("--persona-markdown=summary.md")
    assert not (project.folder / "summary.md").exists()


def test_one_that_cannot_be_written_is_said_at_once(project: Project) -> None:
    project.suite(case("tea"))
    result = project.run("--persona-markdown=nowhere/summary.md")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert project.asked() == []
    result.stderr.fnmatch_lines(["*--persona-markdown nowhere/summary.md: this is no file*"])


def test_all_skipped_is_no_pass(project: Project) -> None:
    project.suite(case("tea", extra="skip: later"))
    assert "gate FAIL" in summary(project)


def test_two_workers_write_one_summary(project: Project) -> None:
    project.suite(case("tea"))
    project.suite(case("cup"), name="b.suite.yaml")
    project.run_alone("-n2", "--persona-markdown=summary.md")
    text = (project.folder / "summary.md").read_text()
    assert "**gate PASS**: 2 of 2 cases passed" in text
