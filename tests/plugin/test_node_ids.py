"""Each case is an item of its own for each adapter: ``file::id[adapter]``."""

from __future__ import annotations

import pytest
from projects import Project, case


def ids(project: Project, *arguments: str) -> list[str]:
    result = project.run("--collect-only", "-q", *arguments, adapter=None)
    return [line for line in result.outlines if "::" in line]


def test_an_id_names_file_case_and_adapter(project: Project) -> None:
    project.suite(case("tea"), case("cake"))
    assert ids(project, "--persona-adapter=base") == [
        "a.suite.yaml::tea[base]",
        "a.suite.yaml::cake[base]",
    ]


def test_ids_are_unique_and_adapters_stay_together(project: Project) -> None:
    project.suite(case("tea"), case("cake"), name="one.suite.yaml")
    project.suite(case("tea"), case("cake"), name="two.suite.yaml")
    project.adapter("ned")
    found = ids(project, "--persona-adapter=ned", "--persona-adapter=base")
    assert len(set(found)) == len(found) == 8
    assert [node.split("[")[1] for node in found] == ["ned]"] * 4 + ["base]"] * 4


def test_a_case_is_run_by_its_id(project: Project) -> None:
    project.suite(case("tea"), case("cake"))
    project.run("a.suite.yaml::tea[base]").assert_outcomes(passed=1)
    assert len(project.asked()) == 1


def test_an_id_without_adapter_selects_all_adapters(project: Project) -> None:
    project.suite(case("tea"), case("cake"))
    project.adapter("ned")
    result = project.run("a.suite.yaml::tea", "--persona-adapter=ned")
    result.assert_outcomes(passed=2)


def test_only_suite_files_are_collected(project: Project) -> None:
    project.suite(case("tea"))
    project.write("compose.yaml", "services: {}\n")
    project.write("test_other.py", "def test_other():\n    pass\n")
    assert ids(project, "--persona-adapter=base") == [
        "test_other.py::test_other",
        "a.suite.yaml::tea[base]",
    ]


def test_the_ini_file_may_widen_what_a_suite_is_called(project: Project) -> None:
    project.suite(case("tea"), name="tea.persona.yml")
    project.write("pytest.ini", "[pytest]\npersona_files = *.persona.yml\n")
    assert ids(project, "--persona-adapter=base") == ["tea.persona.yml::tea[base]"]


def test_an_id_that_occurs_twice_is_refused(project: Project) -> None:
    project.suite(case("tea"))
    result = project.run("--keep-duplicates", "a.suite.yaml", "a.suite.yaml")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*these ids occur more than once: a.suite.yaml::tea[[]base[]]"])


def test_the_same_case_in_two_suites_is_generated_once(project: Project) -> None:
    project.suite(case("tea"), name="one.suite.yaml")
    project.suite(case("tea"), name="two.suite.yaml")
    project.run().assert_outcomes(passed=2)
    assert project.asked() == ["tea/0/0/0"]
