"""``trials: auto``: trials are drawn as long as they can decide something."""

from __future__ import annotations

import pytest
from projects import HEAD, Project, case, says

AUTO = HEAD.replace("trials: 1, pass_rate: 1", "trials: auto, pass_rate: 0.66")


def drawn(project: Project, name: str) -> int:
    return sum(key.startswith(f"{name}/") for key in project.asked())


@pytest.mark.parametrize(
    ("marks", "trials", "passes"),
    [
        ("+++++", 4, True),  # four of five are enough
        ("-----", 2, False),
        ("+-+++", 5, True),
        ("+-+-+", 4, False),
    ],
)
def test_until_the_verdict_is_sure(project: Project, marks: str, trials: int, passes: bool) -> None:
    project.suite(case("tea"), head=AUTO)
    says(project, tea=marks)
    result = project.run()
    result.assert_outcomes(passed=int(passes), failed=int(not passes))
    assert drawn(project, "tea") == trials
    if trials < 5:
        saved = 5 - trials
        result.stdout.fnmatch_lines(
            [f"{trials} of 5 trials drawn: the other {saved} could change no verdict"]
        )


def test_a_case_of_which_every_trial_must_pass_ends_with_the_first_failure(
    project: Project,
) -> None:
    project.suite(case("tea", extra="trials: {min: 1, max: 4}\npass_rate: 1"))
    says(project, tea="+-++")
    project.run().assert_outcomes(failed=1)
    assert drawn(project, "tea") == 2


def test_trials_are_the_same_whenever_they_are_drawn(project: Project) -> None:
    project.suite(case("tea"), head=AUTO)
    says(project, tea="++-++")
    project.run()
    assert project.asked() == [f"tea/{number}/0/0" for number in range(5)]
    project.suite(case("tea", extra="trials: 5"), head=AUTO)
    project.run().assert_outcomes(passed=1)
    assert drawn(project, "tea") == 5, "all five were stored"


def test_more_are_drawn_where_bad_luck_is_to_be_told_from_failure(project: Project) -> None:
    project.write("pyproject.toml", '[tool.persona-eval.gate]\nundecided = "pass"\n')
    project.suite(case("tea"), case("cup"), head=AUTO)
    says(project, tea="--+++", cup="-----")
    result = project.run()
    result.assert_outcomes(xfailed=1, failed=1)
    assert (drawn(project, "tea"), drawn(project, "cup")) == (4, 4)


def test_conversations(project: Project) -> None:
    talk = "turns: [{user: Hi!}, {user: And then?}]\nexpect: [contains: tea]"
    project.suite(case("talk", extra=talk), head=AUTO)
    says(project, talk="-----")
    project.run()
    assert drawn(project, "talk") == 4, "two turns of two trials"


def test_a_killed_run_draws_no_trial_twice(project: Project) -> None:
    project.suite(case("tea"), head=AUTO)
    says(project, tea="++-++")
    project.run()
    project.run("--persona-store=.persona_eval").assert_outcomes(passed=1)
    assert len(project.asked()) == 5


@pytest.mark.parametrize(
    ("trials", "message"),
    [
        ("{min: 4, max: 2}", "*trials: `min` 4 is above `max` 2*"),
        ("{mn: 2}", "*trials.mn: unknown key: did you mean `min`*"),
        ("atuo", "*trials: `atuo` is not known here: did you mean `auto`*"),
        ("0", "*trials: must be 1 or more*"),
    ],
)
def test_what_trials_may_not_be(project: Project, trials: str, message: str) -> None:
    project.suite(case("tea", extra=f"trials: {trials}"))
    result = project.run()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines([message])
