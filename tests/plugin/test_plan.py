"""``--persona-plan``: what a run needs and could show, before anything is generated."""

from __future__ import annotations

import pytest
from projects import HEAD, Project, case, says

from persona_eval.cli import main


def test_replies_rates_and_power(project: Project) -> None:
    project.suite(*(case(f"c{n}", extra="trials: auto") for n in range(8)))
    result = project.run("--persona-plan")
    assert result.ret == 0
    assert project.asked() == []
    result.stdout.fnmatch_lines(
        [
            "Bo · * · 8 cases, 16 to 40 replies",
            "  in_character: 8 cases; a rate of 50% would be known as *% to *%",
            "  a drop of * points would be found in four of five runs (if every trial were a coin's toss)",
            "  to find one of 5 points: about * cases",
        ]
    )


def test_what_the_baseline_shows_of_the_spread(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    project.suite(*(case(f"c{n}") for n in range(8)), head=HEAD.replace("trials: 1", "trials: 3"))
    says(project, **{f"c{n}": "+++" for n in range(8)})
    project.run()
    assert main(["accept"]) == 0
    result = project.run("--persona-plan")
    result.stdout.fnmatch_lines(["  a drop of * points * (by the baseline's trials)"])


def test_too_few_cases_to_show_anything(project: Project) -> None:
    project.suite(case("tea"), case("cup"))
    result = project.run("--persona-plan", "-k", "tea")
    result.stdout.fnmatch_lines(
        [
            "Bo · * · 1 cases, 1 replies",
            "  1 compared cases are too few*not fewer than 5 lost cases*",
        ]
    )


def test_a_gate_that_could_never_open_is_said_to_be_one(project: Project) -> None:
    project.write("pyproject.toml", "[tool.persona-eval.gate]\nfloors = {clarify = 0.5}\n")
    project.suite(case("tea"))
    result = project.run("--persona-plan")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["Bo · *", "  the gate cannot be as it is written: floors.clarify: there is no such case"]
    )
