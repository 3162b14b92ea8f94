"""``--junitxml`` carries what a dashboard needs."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from projects import CRASHES, HEAD, Project, case

MIXED = case("tea", extra="trials: 2"), case("hm", "Why?", "because")


def cases(project: Project, *arguments: str) -> dict[str, ElementTree.Element]:
    """The cases of a report, by name."""
    project.run("--junitxml=report.xml", *arguments)
    found = ElementTree.parse(project.folder / "report.xml").iter("testcase")
    return {str(each.get("name")).split("[")[0]: each for each in found}


def properties(element: ElementTree.Element | None) -> dict[str | None, str | None]:
    assert element is not None
    return {each.get("name"): each.get("value") for each in element.findall("properties/property")}


def test_properties_of_each_case(project: Project) -> None:
    project.suite(*MIXED)
    found = cases(project)
    assert found["tea"].get("classname") == "a.suite.yaml"
    assert properties(found["tea"]) == {
        "model": "scripted",
        "adapter": "base",
        "category": "in_character",
        "trials": "2",
        "rate": "1.0",
        "interval": "[0.1979, 1.0]",
        "label": "stable",
        "gate": "passes",
    }
    (failure,) = found["hm"].iter("failure")
    assert failure.get("message") == "0 of 1 trials passed, all must (in_character)"
    assert "FAIL contains" in (failure.text or "")
    assert json.loads(properties(found["hm"])["interval"] or "")[0] == 0


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_transcripts_of_all_cases(project: Project, workers: str) -> None:
    project.suite(*MIXED)
    found = cases(project, workers)
    assert found["tea"].findtext("system-out") == (
        "trials 1 and 2, word for word the same: passed\n"
        "  user: What do you drink?\n"
        "  Bo: I drink tea.\n"
        "    ok   contains: contains “tea” [value 1, limit 1]\n"
    )
    assert "  Bo: Hm.\n    FAIL contains" in (found["hm"].findtext("system-out") or "")


def test_a_known_failure_has_its_transcript_too(project: Project) -> None:
    project.suite(case("tea", extra="xfail: not yet", says="coffee"))
    (tea,) = cases(project).values()
    assert [child.tag for child in tea] == ["properties", "skipped", "system-out"]
    assert properties(tea)["gate"] == "expected to fail: not yet"


def test_who_wants_no_output_of_passing_tests_gets_none(project: Project) -> None:
    project.write("pytest.ini", "[pytest]\njunit_log_passing_tests = false\n")
    project.suite(*MIXED)
    found = cases(project)
    assert found["tea"].find("system-out") is None
    assert found["hm"].find("system-out") is not None


def test_a_case_that_could_not_be_judged(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("tea", extra="expect: [crashes]"))
    (tea,) = cases(project).values()
    known = properties(tea)
    assert (known["model"], known["adapter"]) == ("scripted", "base")
    assert known["error"] == "`crashes` crashed: ZeroDivisionError: nought"
    assert "    ERR  crashes: `crashes` crashed" in (tea.findtext("system-out") or "")


def test_properties_of_the_whole(project: Project) -> None:
    control = case("jug", extra="category: boundary\ncontrol: true")
    project.suite(*MIXED, control, head=HEAD)
    cases(project)
    suite = ElementTree.parse(project.folder / "report.xml").find("testsuite")
    known = properties(suite)
    assert known["persona.gate"] == "fail"
    assert known["persona.base.in_character.rate"] == "0.5"
    assert known["persona.base.boundary.rate"] == "1.0"
    low, high = json.loads(known["persona.base.all.interval"] or "")
    assert 0 < low < 2 / 3 < high < 1


def test_a_session_without_suites_is_left_alone(project: Project) -> None:
    project.write("test_other.py", "def test_other():\n    pass\n")
    (other,) = cases(project).values()
    assert list(other) == []


def test_words_that_xml_cannot_hold_do_not_break_the_report(project: Project) -> None:
    project.answers({"What do you drink?": "a \x00 bell \x07, \ufffe and ]]> <b>&amp;</b>"})
    project.suite(case("tea"))
    (tea,) = cases(project).values()
    said = "  Bo: a \\u0000 bell \\u0007, \\ufffe and ]]> <b>&amp;</b>\n"
    assert said in (tea.findtext("system-out") or "")
    assert said in (tea.findtext("failure") or "")
