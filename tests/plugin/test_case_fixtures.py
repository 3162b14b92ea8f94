"""``fixtures:`` of a case, and fixtures of every scope."""

from __future__ import annotations

import pytest
from projects import Project, case

FIXTURES = """
    import pathlib

    def note(text):
        with pathlib.Path("notes").open("a") as notes:
            notes.write(text + " ")

    @pytest.fixture
    def kettle():
        note("on")
        yield
        note("off")

    @pytest.fixture(scope="module", autouse=True)
    def table(request):
        note("lay:" + request.path.name)
        yield
        note("clear")

    @pytest.fixture
    def broken():
        raise RuntimeError("no water")

    @pytest.fixture
    def shy():
        pytest.skip("nobody is at home")
"""


def test_named_and_automatic_fixtures(project: Project) -> None:
    project.conftest(FIXTURES)
    project.suite(case("tea", extra="fixtures: [kettle]"), case("cake"))
    project.run().assert_outcomes(passed=2)
    notes = (project.folder / "notes").read_text()
    assert notes == "lay:a.suite.yaml on off clear "


def test_a_case_that_cannot_be_set_up_is_an_error_and_no_verdict(project: Project) -> None:
    project.conftest(FIXTURES)
    project.suite(case("tea"), case("cake", extra="fixtures: [broken]"))
    result = project.run()
    result.assert_outcomes(passed=1, errors=1)
    assert result.ret == 7
    result.stdout.fnmatch_lines(
        [
            "ERROR a.suite.yaml::cake[[]base[]]: set-up failed: RuntimeError: no water",
            "gate ERROR: 1 case could not be judged",
        ]
    )


def test_only_errors_leave_no_table(project: Project) -> None:
    project.conftest(FIXTURES)
    project.suite(case("cake", extra="fixtures: [broken]"))
    result = project.run()
    assert result.ret == 7
    result.stdout.no_fnmatch_line("*95 %*")


def test_a_fixture_may_skip(project: Project) -> None:
    project.conftest(FIXTURES)
    project.suite(case("tea", extra="fixtures: [shy]"), case("cup"))
    result = project.run()
    result.assert_outcomes(skipped=1, passed=1)
    assert result.ret == pytest.ExitCode.OK


def test_an_unknown_fixture_is_named(project: Project) -> None:
    project.suite(case("tea", extra="fixtures: [ketle]"))
    result = project.run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'ketle' not found*"])
