"""The gate's policy, in ``pyproject.toml`` and in suites."""

from __future__ import annotations

import pytest
from projects import HEAD, Project, case, says

from persona_eval.cli import main

TABLE = "[tool.persona-eval.gate]\n"


@pytest.fixture
def half(project: Project) -> Project:
    """Two cases, one of which fails."""
    project.suite(case("tea"), case("cup"))
    says(project, tea="+", cup="-")
    return project


def test_undecided_cases_may_pass(half: Project) -> None:
    half.write("pyproject.toml", f'{TABLE}undecided = "pass"\n')
    half.suite(case("tea"), case("cup"), head=HEAD.replace("pass_rate: 1", "pass_rate: 0.6"))
    result = half.run()
    result.assert_outcomes(passed=1, xfailed=1)
    assert result.ret == 0
    result.stdout.fnmatch_lines(["gate PASS: 1 of 2 cases passed, 1 × undecided"])


def test_a_floor_fails_a_run_whose_cases_all_may_fail(half: Project) -> None:
    half.suite(case("tea"), case("cup", extra="xfail: it never does"))
    half.write("pyproject.toml", f'{TABLE}floors = {{all = 0.9}}\nundecided = "pass"\n')
    result = half.run()
    result.assert_outcomes(passed=1, xfailed=1, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate FAIL: all passes 50.0%, under its floor of 90%"])


def test_the_character_says_more_than_the_project(half: Project) -> None:
    half.write("pyproject.toml", f'{TABLE}floors = {{all = 0.9}}\nundecided = "pass"\n')
    gate = "gate: {floors: {all: 0.4}}\n"
    half.suite(case("tea"), case("cup", extra="xfail: never"), head=gate + HEAD)
    assert half.run().ret == 0


def test_two_files_that_disagree(half: Project) -> None:
    half.suite(case("tea"), head="gate: {alpha: 0.1}\n" + HEAD)
    half.suite(case("cup"), head="gate: {alpha: 0.2}\n" + HEAD, name="b.suite.yaml")
    result = half.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*b.suite.yaml*gate.alpha*a.suite.yaml says 0.1*one gate*"])


def test_a_gate_that_could_never_open_is_refused_before_anything_is_generated(
    half: Project,
) -> None:
    half.write("pyproject.toml", f"{TABLE}floors = {{in_character = 0.9}}\n")
    result = half.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert half.asked() == []
    result.stderr.fnmatch_lines(
        [
            "*cannot be as it is written:*",
            "*floors.in_character: with 2 cases even a perfect score shows*",
        ]
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            f"{TABLE}margn = 0.1\n",
            "*pyproject.toml:2:1: *margn: unknown key: did you mean `margin`*",
        ),
        (f"{TABLE}alpha = 0.7\n", "*alpha: must be below 0.5, not the number 0.7*"),
        (f'{TABLE}undecided = "maybe"\n', "*`maybe` is not known here*"),
        (f"{TABLE}floors = {{boundry = 0.5}}\n", "*boundry: unknown key: did you mean `boundary`*"),
        (f"{TABLE}confirmed_broken = -1\n", "*must be 0 or more*"),
        ("[tool.persona-eval]\ngates = 1\n", "*gates: unknown key: did you mean `gate`*"),
    ],
)
def test_policies_that_are_no_policies(half: Project, text: str, message: str) -> None:
    half.write("pyproject.toml", text)
    result = half.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
    assert half.asked() == []


def test_cases_that_must_pass_and_are_nowhere_are_refused(half: Project) -> None:
    half.write("pyproject.toml", f'{TABLE}must_pass = ["cupp"]\n')
    result = half.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*must_pass: no case has the id*`cupp`: did you mean `cup`*"])


@pytest.mark.parametrize("key", ["skip", "xfail"])
def test_a_case_that_must_pass_cannot_be_excused(half: Project, key: str) -> None:
    half.suite(case("cup", extra=f"must_pass: true\n{key}: later"))
    result = half.run()
    result.stdout.fnmatch_lines([f"*a case that must pass cannot have `{key}`*"])


def test_what_the_policy_says_must_pass_is_not_excused_by_xfail(half: Project) -> None:
    half.write("pyproject.toml", f'{TABLE}must_pass = ["cup"]\n')
    half.suite(case("tea"), case("cup", extra="xfail: later"))
    result = half.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate FAIL: 1 case that must pass fails (*::cup)"])


@pytest.mark.parametrize("arguments", [("-m", "in_character"), ("a.suite.yaml",)])
def test_floors_of_what_is_not_run_do_not_stand_in_the_way(
    half: Project, arguments: tuple[str, ...]
) -> None:
    floors = "floors = {in_character = 0.4, boundary = 0.9, all = 0.9}"
    half.write("pyproject.toml", f'{TABLE}{floors}\nundecided = "pass"\n')
    half.suite(case("tea"))
    half.suite(case("jug", extra="category: boundary"), name="b.suite.yaml")
    says(half, tea="+", jug="-")
    assert half.run().ret == 1
    result = half.run(*arguments)
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["*not *run*" if "-m" in arguments else "not looked at: b.suite.yaml*"]
    )


def test_folders_of_the_same_name_cannot_be_told_apart(half: Project) -> None:
    for place in ("one", "two"):
        half.write(f"{place}/bo/persona.yaml", "name: Bo\n")
        half.suite(case("tea"), name=f"{place}/bo/{place}.suite.yaml")
    result = half.run("one", "two")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*one/bo and *two/bo have the same name*rename one of them*"])


def test_a_gate_that_closes_without_a_failing_case_is_a_failure_of_its_own(half: Project) -> None:
    half.suite(case("tea"), case("cup", extra="xfail: it never does"))
    half.write("pyproject.toml", f'{TABLE}floors = {{all = 0.9}}\nundecided = "pass"\n')
    result = half.run("--junitxml=report.xml", "-rA")
    result.assert_outcomes(passed=1, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(["*FAILED*::gate*"])
    text = (half.folder / "report.xml").read_text()
    assert 'failures="1"' in text
    assert "under its floor" in text


def test_a_mistake_in_a_suites_gate_has_its_line(half: Project) -> None:
    half.suite(case("tea"), head="gate: {must_pas: [tea]}\n" + HEAD)
    result = half.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["*a.suite.yaml:1:*gate.must_pas: unknown key: did you mean*"])


def test_cases_that_must_pass_by_tag(half: Project) -> None:
    half.write("pyproject.toml", f'{TABLE}must_pass = ["smoke"]\nundecided = "pass"\n')
    tagged = case("cup", extra="tags: [smoke]\npass_rate: 0.5")
    half.suite(case("tea"), tagged)
    result = half.run()
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate FAIL: 1 case that must pass fails (*::cup)"])


def test_a_margin_is_said_to_be_kept_or_not(half: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(half.folder)
    half.run()
    assert main(["accept"]) == 0
    half.write("pyproject.toml", f'{TABLE}margin = 0.1\nundecided = "pass"\n')
    result = half.run()
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["margin    not worse than 10 points: not shown", "note undecided: it may have lost*"]
    )


def test_the_first_adapter_alone_goes_through_the_gate(half: Project) -> None:
    half.adapter("ned")
    result = half.run("--persona-adapter=ned")
    result.assert_outcomes(passed=2, failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["gate FAIL: 1 case fails (*::cup)"])


def test_failures_in_spite_of_xfail_are_told_the_same_by_all(half: Project) -> None:
    half.suite(case("tea"), case("cup", extra="xfail: never"))
    result = half.run("--runxfail")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["gate FAIL: 1 case: expected to fail (*::cup)"])
