"""``--persona-explain`` prints what each case will be judged by, and runs nothing."""

from __future__ import annotations

import pytest
from projects import Project, case


def test_a_table_for_each_case(project: Project) -> None:
    project.write("persona.yaml", "name: Bo\nvoice: {words: {max: 90}}\n")
    project.suite(case("tea", extra="never: [rum]\ntrials: 2\npass_rate: 0.5", packed=True))
    project.adapter("ned")
    result = project.run("--persona-explain", "--persona-adapter=ned")
    result.stdout.fnmatch_lines(
        [
            "a.suite.yaml::tea (in_character; 2 trials, 50% must pass)",
            "*turn*expectation*from*options",
            "*1*stays_in_character*pack*",
            "*1*words*pack*max=90*",
            "*1*relevant*pack*",
            "*1*never*case*rum*",
            "*1*contains*case*tea*",
        ]
    )
    assert result.stdout.str().count("a.suite.yaml::tea") == 1, "not once for each adapter"
    assert result.ret == pytest.ExitCode.OK
    assert project.asked() == []
    assert not (project.folder / ".persona_eval").exists()


def test_controls_and_turns_are_named(project: Project) -> None:
    turns = "turns: [{user: Hi}, {user: Bye, expect: [contains: bye]}]"
    project.suite(
        case("two", extra=f"category: clarify\ncontrol: true\n{turns}\nexpect: [words: {{min: 2}}]")
    )
    result = project.run("--persona-explain")
    result.stdout.fnmatch_lines(
        ["*::two (clarify, control; *", "*2*contains*case*bye*", "*2*words*case*min=2*"]
    )


def test_no_adapter_is_needed(project: Project) -> None:
    project.suite(case("tea"))
    result = project.run("--persona-explain", adapter=None)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["a.suite.yaml::tea *"])


def test_only_what_is_selected(project: Project) -> None:
    project.suite(case("tea"), case("cake"))
    result = project.run("--persona-explain", "-k", "cake")
    result.stdout.fnmatch_lines(["a.suite.yaml::cake *"])
    result.stdout.no_fnmatch_line("a.suite.yaml::tea *")


def test_workers_cannot_print(project: Project) -> None:
    project.suite(case("tea"))
    result = project.run_alone("--persona-explain", "-n1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(
        ["*--persona-explain and --persona-plan print from one process: add -n0*"]
    )
