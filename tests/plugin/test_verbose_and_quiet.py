"""``-v`` tells what each trial came to; ``-q`` leaves the cases to the closing block."""

from __future__ import annotations

import pytest
from projects import CRASHES, Project, case


@pytest.fixture
def mixed(project: Project) -> Project:
    project.suite(case("tea", extra="trials: 2"), case("hm", "Why?", "because"))
    return project


def test_verbose(mixed: Project) -> None:
    mixed.run("-v").stdout.fnmatch_lines(
        [
            "*::tea[[]base[]] PASSED *",
            "    trial 1 passed: “I drink tea.”",
            "    trial 2 passed: “I drink tea.”",
            "*::hm[[]base[]] FAILED *",
            "    trial 1 failed: “Hm.” ← contains",
            "*FAILURES*",
            "  Bo: Hm.",
        ],
        consecutive=False,
    )


def test_verbose_with_workers(mixed: Project) -> None:
    mixed.run_alone("-n1", "-v").stdout.fnmatch_lines(
        ["*FAILED *::hm[[]base[]]*", "    trial 1 failed: “Hm.” ← contains"]
    )


def test_trials_of_a_known_failure_are_told_too(project: Project) -> None:
    project.suite(case("tea", extra="xfail: not yet", says="coffee"))
    result = project.run("-v")
    result.assert_outcomes(xfailed=1)
    result.stdout.fnmatch_lines(["    trial 1 failed: “I drink tea.” ← contains"])


def test_without_verbose_a_passing_trial_is_not_told(mixed: Project) -> None:
    mixed.run().stdout.no_fnmatch_line("*I drink tea*")


@pytest.mark.parametrize("quiet", [("-q",), ("-qq",), ("-q", "-n1")])
def test_quiet(mixed: Project, quiet: tuple[str, ...]) -> None:
    result = mixed.run(*quiet)
    assert result.ret == 1
    result.stdout.no_fnmatch_line("*FAILURES*")
    result.stdout.no_fnmatch_line("*Bo: Hm.*")
    result.stdout.no_fnmatch_line("FAILED *")
    result.stdout.no_fnmatch_line("*::tea*")
    result.stdout.fnmatch_lines(
        ["all *3 *50%*", "failed *::hm[[]base[]]", "gate FAIL: 1 case fails (*::hm)"]
    )


def test_quiet_tells_how_to_see_what_it_hides(mixed: Project) -> None:
    told = "to read its conversation: the same command without -q, which generates nothing again"
    mixed.run("-q").stdout.fnmatch_lines(["failed *::hm[[]base[]]", "gate FAIL*", told])
    asked = len(mixed.asked())
    result = mixed.run()
    result.stdout.fnmatch_lines(["  Bo: Hm."])
    result.stdout.no_fnmatch_line("to read *")
    assert len(mixed.asked()) == asked


def test_where_nothing_is_hidden_nothing_is_said_of_it(project: Project) -> None:
    project.suite(case("tea"))
    project.run("-q").stdout.no_fnmatch_line("to read *")


def test_quiet_still_counts_what_failed(mixed: Project) -> None:
    mixed.run("-q").stdout.fnmatch_lines(["1 failed, 1 passed in *"])


@pytest.mark.parametrize("asked", ["-rf", "--tb=short"])
def test_who_asks_for_failures_gets_them(mixed: Project, asked: str) -> None:
    mixed.run("-q", asked).stdout.fnmatch_lines(["*FAILURES*", "  Bo: Hm."])


def test_quiet_does_not_hide_other_tests_and_crashes(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("hm", "Why?"), case("cup", extra="expect: [crashes]"))
    project.write("test_other.py", "def test_other():\n    assert 1 == 2\n")
    result = project.run("-q")
    result.stdout.fnmatch_lines(
        ["*FAILURES*", "E *assert 1 == 2", "*`crashes` crashed*", "FAILED test_other.py*"]
    )
    result.stdout.no_fnmatch_line("*Bo: Hm.*")


def test_known_failures_are_told_on_request(project: Project) -> None:
    project.suite(case("tea", extra="xfail: not yet", says="coffee"))
    project.run().stdout.no_fnmatch_line("*Bo: I drink tea.*")
    project.run("--xfail-tb").stdout.fnmatch_lines(
        ["0 of 1 trials passed*", "  Bo: I drink tea.", "    FAIL contains: *"]
    )
