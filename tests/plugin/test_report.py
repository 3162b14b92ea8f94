"""``persona-eval report``: any stored run as a page, judged by today's rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from projects import CRASHES, HEAD, Project, case, says
from reading import Page

from persona_eval.cli import main

THREE = HEAD.replace("trials: 1", "trials: 3")


@pytest.fixture
def two(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two runs: the second has fixed a case and broken one."""
    monkeypatch.chdir(project.folder)
    project.suite(case("tea"), case("cup"), case("pot"), head=THREE)
    for cup, pot in (("+++", "---"), ("---", "+++")):
        says(project, tea="+++", cup=cup, pot=pot)
        project.run("--persona-fresh")
    return project


def written(*arguments: str) -> Page:
    assert main(["report", "-o", "run.html", *arguments]) == 0
    return Page(Path("run.html"))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["report", *arguments]) == 2
    return capsys.readouterr().err


@pytest.mark.usefixtures("two")
def test_the_last_run_is_written_beside_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report"]) == 0
    assert capsys.readouterr().out.endswith("persona-eval-report.html: run 2\n")
    assert "Run 2," in Page(Path("persona-eval-report.html")).text


@pytest.mark.usefixtures("two")
def test_a_past_run() -> None:
    found = written("1")
    assert "Run 1," in found.text
    assert found.case("pot")["trials"][0]["replies"][0]["text"] == "Hm."
    assert "As a table" not in found.text  # nothing came before it


@pytest.mark.usefixtures("two")
def test_what_changed_against_another_run_and_against_the_baseline() -> None:
    found = written("2", "--against", "1")
    assert "Against run 1 (base)." in found.text
    assert "1 broken" in found.text
    assert "1 fixed" in found.text
    assert main(["accept", "1"]) == 0
    assert "Against the baseline of " in written("2").text
    assert "No case was fixed and none was broken." in written("1").text
    assert "no comparison was asked for" in written("2", "--against", "none").text


def test_rules_that_have_changed_judge_anew(two: Project) -> None:
    two.suite(case("tea"), case("cup", says="Hm"), case("pot"), head=THREE)
    found = written("2")
    assert "Trials judged anew: 3, as rules have changed since." in found.text
    cup = found.case("cup")
    assert [trial["verdict"] for trial in cup["trials"]] == ["passed"] * 3
    assert cup["notes"] == ["judged anew: rules have changed since"]


def test_cases_that_are_gone_stand_as_they_were_judged(two: Project) -> None:
    two.suite(case("tea"), case("cup", "Why?"), head=THREE)
    found = written("2")
    assert "Cases that are gone or ask something else today: 2." in found.text
    cup = found.case("cup")
    assert cup["turns"] == []
    assert cup["trials"][0]["replies"][0] == {
        "turn": -1, "text": "Hm.", "cut": False, "before": None, "parts": None,
    }  # fmt: skip


def test_cases_of_the_baseline_that_are_gone_are_listed(two: Project) -> None:
    assert main(["accept", "1"]) == 0
    two.suite(case("tea"), case("cup"), head=THREE)
    two.run("-k", "tea")
    found = written()
    assert "1 removed" in found.text  # `pot`, and not `cup`, which was only not run
    assert "::pot" in found.text


def test_a_baseline_of_another_model_is_not_compared_with(two: Project) -> None:
    assert main(["accept", "1"]) == 0
    path = two.folder / "baseline.json"
    path.write_text(
        path.read_text().replace('"model": {"fingerprint": "', '"model": {"fingerprint": "0')
    )
    assert "Nothing is compared: the baseline is of scripted" in written("2").text


def test_a_scorer_that_crashes_on_old_replies_is_an_error_of_the_case(two: Project) -> None:
    two.conftest(CRASHES)
    two.suite(case("tea"), case("cup", extra="expect: [crashes]"), case("pot"), head=THREE)
    found = written("2")
    assert "`crashes` crashed: ZeroDivisionError: nought" in found.text
    assert "2 of 2 cases pass" in found.text


def test_adapters_of_one_run(two: Project) -> None:
    two.adapter("ned")
    two.run("--persona-adapter=ned")
    assert "base against ned" in written("3").text
    one = written("3:ned").text
    assert "base against ned" not in one
    assert "ned" in one


def test_runs_that_repeat_each_other_are_one_point(two: Project) -> None:
    two.run()
    two.run()
    found = written()
    assert "2–4" in found.text


def test_the_trend_looks_back_on_so_many_runs(two: Project) -> None:
    assert "As a table" in written().text
    assert "As a table" not in written("--last", "1").text


@pytest.mark.usefixtures("two")
def test_what_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no run 9" in refused(capsys, "9")
    assert "name a run" in refused(capsys, "baseline")
    assert "this is no file in a folder that exists" in refused(capsys, "-o", "nowhere/run.html")
    assert "`nobody` is no run" in refused(capsys, "--against", "nobody")
