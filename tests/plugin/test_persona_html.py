"""``--persona-html``: a run as a page."""

from __future__ import annotations

from typing import Any

import pytest
from projects import CRASHES, HEAD, Project, case, says
from reading import Page

from persona_eval.cli import main
from persona_eval.reports.html.texts import shown


def report(project: Project, *arguments: str) -> Page:
    project.run("--persona-html=run.html", *arguments)
    return Page(project.folder / "run.html")


def test_verdict_cases_and_what_changed(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    project.suite(case("tea"), case("cup"), head=HEAD.replace("trials: 1", "trials: 3"))
    says(project, tea="+++", cup="+++")
    first = report(project)
    assert "Gate: PASS" in first.text
    assert "Nothing is compared: there is no baseline for scripted" in first.text
    assert main(["accept"]) == 0
    says(project, tea="+++", cup="---")
    second = report(project, "--persona-fresh")
    assert "Gate: FAIL" in second.text
    assert "1 case: confirmed broken" in second.text
    assert "1 broken, 1 confirmed" in second.text
    assert "As a table" in second.text  # two runs are a trend
    cup = second.case("cup")
    assert [trial["verdict"] for trial in cup["trials"]] == ["failed"] * 6
    assert [trial["extra"] for trial in cup["trials"]] == [False] * 3 + [True] * 3
    assert cup["trials"][0]["replies"][0]["before"] == "I drink tea."
    assert cup["meaning"].startswith("confirmed broken")


def test_the_page_is_judged_as_the_run_was(project: Project) -> None:
    """Tools of the session's own are not those that a command would judge by."""
    project.suite(case("tea"), case("cup", says="coffee"))
    found = report(project)
    assert "Trials judged anew" not in found.text
    assert [found.case(name)["trials"][0]["verdict"] for name in ("tea", "cup")] == [
        "passed",
        "failed",
    ]


def test_several_adapters(project: Project) -> None:
    project.adapter("ned")
    project.suite(case("tea"))
    found = report(project, "--persona-adapter=ned")
    assert "base against ned" in found.text
    assert {name.rpartition("@")[2] for name in found.anchors} == {"base", "ned"}


def test_a_scorer_that_crashed(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("tea", extra="expect: [crashes]"), case("cup"))
    found = report(project)
    assert "Not judged" in found.text
    assert "`crashes` crashed: ZeroDivisionError: nought" in found.text
    assert found.case("tea")["trials"][0]["verdict"] == "error"


def test_a_case_that_came_to_no_reply_is_named(project: Project) -> None:
    project.suite(case("tea", extra="fixtures: [nowhere]"), case("cup"))
    found = report(project)
    assert "a.suite.yaml::tea set-up failed" in found.text
    assert found.anchors == [f"case/{project.folder.name}/a.suite.yaml::cup"]


@pytest.mark.parametrize(
    ("extra", "words"),
    [("skip: later", "no case was judged"), ("fixtures: [nowhere]", "set-up failed")],
)
def test_nothing_was_judged(project: Project, extra: str, words: str) -> None:
    project.suite(case("tea", extra=extra))
    found = report(project)
    assert words in found.text
    assert found.anchors == []


def test_a_page_of_an_earlier_run_does_not_stay(project: Project) -> None:
    project.suite(case("tea"))
    assert "Gate: PASS" in report(project).text
    project.suite("  - {id: 1}\n")
    project.run("--persona-html=run.html")
    assert not (project.folder / "run.html").exists()


def test_a_page_that_cannot_be_written_is_said_at_once(project: Project) -> None:
    project.suite(case("tea"))
    result = project.run("--persona-html=nowhere/run.html")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert project.asked() == []
    result.stderr.fnmatch_lines(["*--persona-html nowhere/run.html: this is no file in a folder*"])


def test_two_workers_write_one_page(project: Project) -> None:
    project.suite(case("tea"))
    project.suite(case("cup"), name="b.suite.yaml")
    project.run_alone("-n2", "--persona-html=run.html")
    assert len(Page(project.folder / "run.html").anchors) == 2


def test_a_part_of_the_cases(project: Project) -> None:
    project.suite(case("tea"), case("cup"))
    found = report(project, "-k", "tea")
    assert "Not run: 1 cases or files" in found.text
    assert len(found.anchors) == 1


@pytest.mark.parametrize("said", ["</script><script>x()</script>", "", "שלום\x1b[0m", "\u2028"])
def test_whatever_the_model_says(project: Project, said: str) -> None:
    project.answers({}, default=said)
    project.suite(case("tea"))
    found = report(project)
    (trial,) = found.case("tea")["trials"]
    replies: list[dict[str, Any]] = trial["replies"]
    assert replies[0]["text"] == shown(said)
