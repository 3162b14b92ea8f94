"""pytest's own ways to choose items work on cases."""

from __future__ import annotations

import pytest
from projects import Project, case


@pytest.fixture
def three(project: Project) -> Project:
    project.answers({"What do you drink?": "Tea.", "Who are you?": "I am Bo."})
    project.suite(
        case("tea", extra="tags: [smoke, after-dinner]"),
        case("name", "Who are you?", "Bo", "category: dont_know\ncontrol: true"),
        case("hm", "Why?", "because", "category: clarify"),
    )
    return project


def test_by_keyword(three: Project) -> None:
    three.run("-k", "tea or name").assert_outcomes(passed=2, deselected=1)
    assert len(three.asked()) == 2


def test_where_nothing_fits_the_nearest_case_is_named(three: Project) -> None:
    result = three.run("-k", "nmae")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(
        ["persona-eval: no case fits -k 'nmae': did you mean `name`? All: *"]
    )
    three.run("-k", "zzz").stdout.fnmatch_lines(["persona-eval: no case fits -k 'zzz'. All: *"])
    three.run("-k", "tea").stdout.no_fnmatch_line("*no case fits*")


@pytest.mark.parametrize(
    ("expression", "passed"),
    [("dont_know", 1), ("control", 1), ("smoke", 1), ("after-dinner", 1), ("not clarify", 2)],
)
def test_by_category_control_and_tag(three: Project, expression: str, passed: int) -> None:
    result = three.run("-m", expression, "--strict-markers")
    result.assert_outcomes(passed=passed, deselected=3 - passed)


def test_categories_are_documented_markers(project: Project) -> None:
    result = project.run("--markers", adapter=None)
    result.stdout.fnmatch_lines(["@pytest.mark.dont_know: *", "@pytest.mark.control: *"])


def test_collect_only_generates_nothing(three: Project) -> None:
    result = three.run("--collect-only")
    result.stdout.fnmatch_lines(["*<SuiteFile a.suite.yaml>*", "*<CaseItem tea[[]base[]]>*"])
    assert result.ret == 0
    assert three.asked() == []


def test_stop_at_the_first_failure(three: Project) -> None:
    three.suite(case("hm", "Why?", "because"), case("tea"))
    three.run("-x").assert_outcomes(failed=1)
    assert three.asked() == ["hm/0/0/0"]


def test_last_failed_runs_only_what_failed(three: Project) -> None:
    three.run().assert_outcomes(passed=2, failed=1)
    result = three.run("--lf", "-v")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["a.suite.yaml::hm[[]base[]] FAILED*"])


def test_failed_first_mixes_adapters_and_still_judges_all(three: Project) -> None:
    three.adapter("ned")
    three.run("--persona-adapter=ned").assert_outcomes(passed=4, failed=1, xfailed=1)
    three.run("--persona-adapter=ned", "--ff", "--persona-fresh").assert_outcomes(
        passed=4, failed=1, xfailed=1
    )
    assert len(three.asked()) == 12


def test_durations_and_setup_show_work_like_for_any_test(three: Project) -> None:
    result = three.run("--durations=1", "--setup-show", "-k", "tea")
    result.assert_outcomes(passed=1, deselected=2)
    result.stdout.fnmatch_lines(["*SETUP *S persona_session*"])
