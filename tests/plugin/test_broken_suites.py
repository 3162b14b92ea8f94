"""What is wrong with a suite is said at collection: all of it, once, without a traceback."""

from __future__ import annotations

import pytest
from projects import HEAD, Project, case


def refused(project: Project) -> str:
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    assert project.asked() == []
    text = result.stdout.str()
    assert "Traceback" not in text
    assert ".py:" not in text
    return text


def test_all_problems_are_shown_with_their_places(project: Project) -> None:
    project.suite(
        case("tea", extra="categry: boundary"), case("cake", extra="expect: [contians: cake]")
    )
    text = refused(project)
    assert "a.suite.yaml:5:5: cases[0].categry: unknown key: did you mean `category`?" in text
    assert "cases[1].expect[0].contians" in text
    assert "did you mean `contains`?" in text


def test_a_broken_card_is_named(project: Project) -> None:
    project.write("persona.yaml", "age: six\n")
    project.suite(case("tea"))
    text = refused(project)
    assert "persona.yaml" in text
    assert "name" in text


def test_what_is_no_yaml(project: Project) -> None:
    project.suite(head="persona: [persona.yaml\ncases: {\n")
    assert "a.suite.yaml:" in refused(project)


def test_one_broken_suite_does_not_hide_the_other(project: Project) -> None:
    project.suite(case("tea", extra="tirals: 3"), name="one.suite.yaml")
    project.suite(case("tea", extra="skpi: no"), name="two.suite.yaml")
    result = project.run()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*tirals*", "*skpi*"])


def test_a_good_example_must_pass_the_exact_rules(project: Project) -> None:
    project.suite(case("tea", extra='good: ["I drink coffee."]'))
    text = refused(project)
    assert "a.suite.yaml:4" in text
    assert "good example “I drink coffee.” fails `contains`" in text


def test_a_bad_example_must_fail_one(project: Project) -> None:
    project.suite(case("tea", extra='bad: ["Tea, as an AI."]'))
    assert "bad example “Tea, as an AI.” fails nothing" in refused(project)


def test_a_suite_without_cases(project: Project) -> None:
    project.suite(head=HEAD.replace("cases:", "cases: []"))
    assert "a.suite.yaml:3" in refused(project)
