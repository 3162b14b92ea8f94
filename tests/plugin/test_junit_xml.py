"""``--junitxml`` carries what a dashboard needs."""

from __future__ import annotations

from xml.etree import ElementTree

from projects import Project, case


def test_properties_of_each_case(project: Project) -> None:
    project.suite(case("tea", extra="trials: 2"), case("hm", "Why?", "because"))
    project.run("--junitxml=report.xml").assert_outcomes(passed=1, failed=1)
    tea, hm = ElementTree.parse(project.folder / "report.xml").iter("testcase")
    assert (tea.get("classname"), tea.get("name")) == ("a.suite.yaml", "tea[base]")
    assert {each.get("name"): each.get("value") for each in tea.iter("property")} == {
        "model": "scripted",
        "adapter": "base",
        "category": "in_character",
        "trials": "2",
        "rate": "1.0",
        "label": "stable",
        "gate": "passes",
    }
    (failure,) = hm.iter("failure")
    assert failure.get("message") == "0 of 1 trials passed, 100% must (in_character)"
    assert "FAIL contains" in (failure.text or "")
    assert "rate" in {each.get("name") for each in hm.iter("property")}


def test_words_that_xml_cannot_hold_do_not_break_the_report(project: Project) -> None:
    project.answers({"What do you drink?": "a \x00 bell \x07, \ufffe and <b>&amp;</b>"})
    project.suite(case("tea"))
    assert project.run("--junitxml=report.xml").ret == 1
    ElementTree.parse(project.folder / "report.xml")
