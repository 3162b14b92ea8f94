"""``persona-eval runs``, ``show``, ``trend`` and ``compare``."""

from __future__ import annotations

import json
import sqlite3

import pytest
from projects import CRASHES, HEAD, Project, case, says

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


def told(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    capsys.readouterr()
    assert main(list(arguments)) == status
    out, err = capsys.readouterr()
    return err if status else out


@pytest.mark.usefixtures("two")
def test_runs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(capsys, "runs").splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["1", "2"]
    assert lines[2].endswith("gate FAIL")
    found = json.loads(told(capsys, "runs", "--json", "--last", "1"))
    assert [(run["run"], run["cases"], run["exit_status"]) for run in found["runs"]] == [(2, 3, 1)]


@pytest.mark.usefixtures("two")
def test_a_run_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "show", "1")
    assert "model     scripted (scripted)" in said
    assert "1 case fails (" in said
    assert "failing" in said.splitlines()[-1]
    assert "::pot (0 of 3 trials)" in said.splitlines()[-1]
    assert told(capsys, "show") == told(capsys, "show", "last") == told(capsys, "show", "base")


@pytest.mark.usefixtures("two")
def test_the_trend_over_runs(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "trend")
    assert [line.split()[:2] for line in said.splitlines()[2:4]] == [["1", "base"], ["2", "base"]]
    assert "┤" in said
    assert "of the adapter `ned`" in told(capsys, "trend", "--adapter", "ned", status=2)


def test_the_trend_of_an_adapter_is_that_of_the_report(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    two.adapter("ned")
    two.adapter("pip")
    for name in ("ned", "pip"):
        two.run(f"--persona-adapter={name}", adapter=None)
    rows = [line.split()[:2] for line in told(capsys, "trend").splitlines()[2:4]]
    assert rows == [["3", "ned"], ["4", "pip"]]
    only = told(capsys, "trend", "--adapter", "ned").splitlines()
    assert [line.split()[:2] for line in only[2:]] == [["3", "ned"]]


def test_a_part_of_the_cases_is_no_iteration(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    two.adapter("ned")
    two.run("-k", "tea", "--persona-fresh")
    two.run("--persona-adapter=ned", "-k", "tea and ned", "--persona-fresh")
    assert [line.split()[:2] for line in told(capsys, "trend").splitlines()[2:4]] == [
        ["1", "base"],
        ["2", "base"],
    ]
    assert "base: no case was run with it" in told(capsys, "show", "4")


def test_a_run_that_repeats_the_one_before_is_no_iteration(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    two.run()
    assert "\n3 base" not in told(capsys, "trend")


@pytest.mark.usefixtures("two")
def test_two_runs_case_by_case(capsys: pytest.CaptureFixture[str]) -> None:
    said = told(capsys, "compare", "1", "2")
    assert "broken    " in said
    assert "::cup (3 of 3 trials then, 0 of 3 now)" in said
    assert "fixed     " in said
    assert "all       67% → 67% over 3 cases: ±0" in said
    found = json.loads(told(capsys, "compare", "1", "2", "1", "--json"))
    assert [each["counts"]["broken"] for each in found["comparisons"]] == [1, 0]


def test_what_a_run_left_out_was_neither_removed_nor_is_it_new(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    two.run("-k", "tea")
    assert "not run   *::cup, *::pot".replace("*", two.folder.name + "/a.suite.yaml") in told(
        capsys, "compare", "2", "3"
    )
    found = json.loads(told(capsys, "compare", "3", "2", "--json"))["comparisons"][0]
    assert (found["counts"]["new"], found["counts"]["not run"]) == (0, 2)
    two.suite(case("tea"), case("cup"), head=THREE)
    said = told(capsys, "compare", "2", "3")
    assert f"removed   {two.folder.name}/a.suite.yaml::pot" in said
    assert f"not run   {two.folder.name}/a.suite.yaml::cup" in said


def test_what_could_not_be_judged_is_no_failure(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.folder)
    project.conftest(CRASHES)
    crashing = case("cup", extra="expect: [crashes]")
    project.suite(case("tea"), crashing)
    assert project.run().ret == 7
    project.suite(case("tea"), case("cup"))
    project.run()
    assert "not run   " in told(capsys, "compare", "2", "1")
    assert "broken" not in told(capsys, "compare", "2", "1")


def test_a_case_that_a_whole_run_did_not_have_is_new(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    two.suite(case("tea"), case("cup"), case("pot"), case("jug"), head=THREE)
    says(two, tea="+++", cup="+++", pot="+++", jug="+++")
    two.run()
    assert f"new       {two.folder.name}/a.suite.yaml::jug" in told(capsys, "compare", "2", "3")


def test_old_runs_are_judged_by_the_rules_of_today(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    two.suite(case("tea"), case("cup", says="Hm"), case("pot"), head=THREE)
    said = told(capsys, "compare", "1", "2")
    assert "run 1 (base): 3 trials judged anew, as rules have changed since" in said
    assert "broken" not in said
    assert said.count("fixed     ") == 2
    assert "6 trials judged anew, as rules have changed since" in told(capsys, "trend")


def test_cases_that_are_gone_stand_as_they_were_judged(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    two.suite(case("tea"), case("cup", "Why?"), head=THREE)
    said = told(capsys, "compare", "1", "2")
    assert (
        "run 1 (base): 2 cases are gone, ask something else or need the model: as judged then"
        in said
    )
    assert "::cup (3 of 3 trials then" in said


def test_adapters_of_one_run(two: Project, capsys: pytest.CaptureFixture[str]) -> None:
    two.adapter("ned")
    two.run("--persona-adapter=ned")
    assert "run 3 (base) → run 3 (ned)" in told(capsys, "compare", "3:base", "3:ned")
    assert "base (run 3) → ned (run 3)" in told(capsys, "compare", "base", "ned")


@pytest.mark.usefixtures("two")
def test_the_baseline_as_a_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no baseline.json" in told(capsys, "compare", "baseline", "2", status=2)
    assert main(["accept", "1"]) == 0
    assert "baseline → run 2 (base)" in told(capsys, "compare", "baseline", "2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("compare", "1"), "name two sides or more"),
        (("compare", "1", "9"), "holds no run 9"),
        (("show", "9" * 25), "holds no run 999"),
        (("compare", "1", "nobody"), "`nobody` is no run"),
        (("show", "baseline"), "name a run"),
    ],
)
@pytest.mark.usefixtures("two")
def test_sides_that_are_not_there(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    assert message in told(capsys, *arguments, status=2)


def test_no_case_in_common(two: Project, capsys: pytest.CaptureFixture[str]) -> None:
    two.suite(case("jug"), head=THREE)
    says(two, jug="+++")
    two.run()
    assert "have no case in common" in told(capsys, "compare", "1", "3", status=2)


def test_nothing_is_stored(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(project.folder)
    for command in ("runs", "show", "trend"):
        assert "run `pytest suites/` first" in told(capsys, command, status=2)


def test_a_killed_run_is_listed_as_broken_off(
    two: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(two.folder / ".persona_eval/store.sqlite") as db:
        db.execute("UPDATE runs SET finished = NULL, exit_status = NULL WHERE id = 2")
    assert told(capsys, "runs").splitlines()[-1].endswith("broken off")
    assert "it was broken off" in told(capsys, "accept", status=2)
