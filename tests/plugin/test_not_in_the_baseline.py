"""A failing case that the baseline does not know closes no gate, and is told all the same."""

from __future__ import annotations

import pytest
from projects import HEAD, Project, case, says

from persona_eval.cli import main

TEA, CUP = case("tea"), case("cup")
SECTION = "*= FAILING, NOT IN THE BASELINE =*"


@pytest.fixture
def extended(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """One case as a baseline, and a second one that was written since and fails."""
    monkeypatch.chdir(project.folder)
    project.suite(TEA, head=HEAD)
    says(project, tea="-")
    project.run()
    assert main(["accept"]) == 0
    project.suite(TEA, CUP, head=HEAD)
    says(project, tea="-", cup="-")
    return project


def test_its_conversation_is_told_and_that_of_a_known_failure_is_not(extended: Project) -> None:
    result = extended.run()
    result.assert_outcomes(xfailed=2)
    assert result.ret == 0
    result.stdout.fnmatch_lines([SECTION, "_* cup* _*", "0 of 1 trials passed*", "gate PASS*"])
    result.stdout.no_fnmatch_line("_* tea* _*")


@pytest.mark.parametrize("option", ["-q", "--tb=no"])
def test_it_can_be_left_out(extended: Project, option: str) -> None:
    extended.run(option).stdout.no_fnmatch_line(SECTION)


def test_pytest_itself_tells_it_on_demand(extended: Project) -> None:
    result = extended.run("-rx", "--xfail-tb")
    result.stdout.fnmatch_lines(["*= XFAILURES =*"])
    result.stdout.no_fnmatch_line(SECTION)


def test_a_part_of_the_suites_is_no_baseline(extended: Project) -> None:
    result = extended.run("-k", "cup")
    result.stdout.fnmatch_lines([SECTION, "next run the suites whole to make it the new baseline*"])
