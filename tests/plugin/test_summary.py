"""The closing block: what ran, a table by category, one verdict."""

from __future__ import annotations

import pytest
from projects import Project, case


@pytest.fixture
def mixed(project: Project) -> Project:
    project.suite(
        case("tea", extra="trials: 2"),
        case("probe", "Why?", "hm", "category: dont_know"),
        case("control", "Why?", "because", "category: dont_know\ncontrol: true"),
    )
    return project


@pytest.mark.parametrize("quiet", [(), ("-q",), ("-qq",)])
def test_table_and_last_lines_also_when_quiet(mixed: Project, quiet: tuple[str, ...]) -> None:
    result = mixed.run(*quiet)
    result.stdout.fnmatch_lines(
        [
            "Bo · adapter base · scripted (scripted) · 4 replies in * 0 of 4 replies from the store*",
            "category*cases*trials*passed*95 %*controls*balanced*failed",
            "in_character*1*2*100%*",
            "dont_know*2*2*50%*0%*50%*1",
            "all*3*4*67%*1",
            "gate FAIL: 1 case fails (*::control)",
            "next read the failing replies; * persona-eval gaps; * persona-eval accept",
        ]
    )


def test_the_verdict_of_a_good_run(project: Project) -> None:
    project.suite(case("tea"), case("cup"))
    result = project.run()
    result.stdout.fnmatch_lines(["gate PASS: 2 of 2 cases passed"])
    assert result.ret == pytest.ExitCode.OK


def test_several_adapters_are_compared(mixed: Project) -> None:
    mixed.adapter("ned")
    result = mixed.run("--persona-adapter=ned")
    result.stdout.fnmatch_lines(
        [
            "Bo · adapters base, ned · *",
            "adapter base",
            "adapter ned",
            "category*base*ned*base against ned",
            "dont_know*50%*50%*+0 pts",
            "gate FAIL: 1 case fails (*::control)",
        ]
    )


def test_a_session_without_suites_has_no_closing_block(project: Project) -> None:
    project.write("test_other.py", "def test_other():\n    pass\n")
    result = project.run()
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*gate *")


def test_ordinary_tests_run_beside_cases(project: Project) -> None:
    project.suite(case("tea"))
    project.write("test_other.py", "def test_other():\n    assert 0\n")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["gate PASS: 1 of 1 cases passed"])


def test_what_pytest_lists_itself_is_not_listed_twice(mixed: Project) -> None:
    listed = mixed.run()
    listed.stdout.fnmatch_lines(["FAILED a.suite.yaml::control*"])
    listed.stdout.no_fnmatch_line("failed *")
    mixed.run("-rN").stdout.fnmatch_lines(["failed a.suite.yaml::control[[]base[]]"])


def test_many_failures_are_not_all_repeated(project: Project) -> None:
    project.suite(*(case(f"hm-{number}", "Why?") for number in range(15)))
    result = project.run("-q")
    result.stdout.fnmatch_lines(
        ["failed 3 more (above, or with -rf)", "gate FAIL: 15 cases fail (*"]
    )
