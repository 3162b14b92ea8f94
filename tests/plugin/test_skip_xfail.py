"""``skip:`` and ``xfail:`` of a case."""

from __future__ import annotations

import pytest
from projects import CRASHES, Project, case


def test_a_skipped_case_is_not_generated(project: Project) -> None:
    project.suite(case("tea"), case("cake", extra="skip: no cake yet"))
    result = project.run("-rs")
    result.assert_outcomes(passed=1, skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*no cake yet"])
    assert project.asked() == ["tea/0/0/0"]


def test_nor_is_one_that_a_conftest_skips(project: Project) -> None:
    project.conftest("""
        def pytest_collection_modifyitems(items):
            for item in items:
                if "cake" in item.name:
                    item.add_marker(pytest.mark.skip(reason="not today"))
    """)
    project.suite(case("cake"), case("tea"))
    project.run().assert_outcomes(passed=1, skipped=1)
    assert project.asked() == ["tea/0/0/0"]


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_a_run_in_which_all_is_skipped_does_not_pass(
    project: Project, workers: tuple[str, ...]
) -> None:
    project.suite(case("cake", extra="skip: no cake yet"))
    project.write("test_other.py", "def test_other():\n    pass\n")
    result = project.run_alone(*workers)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["gate FAIL: every case was skipped*"])


def test_an_expected_failure_leaves_the_verdict_a_pass(project: Project) -> None:
    project.suite(case("tea"), case("hm", "Why?", "because", "xfail: it never says why"))
    result = project.run()
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["gate PASS: 1 of 2 cases passed, 1 × expected to fail"])
    result.stdout.no_fnmatch_line("failed a.suite.yaml*")


def test_an_unexpected_pass_is_shown_and_is_a_failure_where_the_ini_file_is_strict(
    project: Project,
) -> None:
    project.suite(case("tea", extra="xfail: it hates tea"))
    project.run().assert_outcomes(xpassed=1)
    result = project.run("-o", "xfail_strict=true")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["gate FAIL: 1 case: passed, but was expected to fail (*::tea)"])


def test_a_crash_is_an_error_even_where_failure_is_expected(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("hm", extra="xfail: it fails\nexpect: [crashes]"))
    result = project.run()
    result.assert_outcomes(failed=1)
    assert result.ret == 7
    result.stdout.fnmatch_lines(["*`crashes` crashed: ZeroDivisionError: nought*"])
