"""`prefers` and `fluent`: figures of the model itself, stored, in a column of their own."""

from __future__ import annotations

from projects import Project, case

LIKELY = """
    _Model = Model

    class Model(_Model):
        def mean_logprobs(self, messages, replies):
            with open("computed.log", "a") as log:
                log.write(f"{len(replies)}\\n")
            return [-float(len(reply)) for reply in replies]
"""
EXAMPLES = """
    good: [Tea]
    bad: ["Coffee it is, I drink nothing else."]
    expect: [contains: tea, prefers]
"""


def computed(project: Project) -> list[str]:
    log = project.folder / "computed.log"
    return log.read_text().split() if log.exists() else []


def test_it_is_computed_once_and_has_a_column(project: Project) -> None:
    project.conftest(LIKELY)
    project.suite(case("tea", extra=EXAMPLES + "    trials: 3\n"), case("hm", "Why?", "hm"))
    result = project.run()
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*category*failed*prefers*", "*in_character*100%*100%"])
    assert computed(project) == ["2"], "good and bad in one go, and once for three trials"
    project.run().assert_outcomes(passed=2)
    assert computed(project) == ["2"], "the second run has it from the store"


def test_without_it_there_is_no_column(project: Project) -> None:
    project.suite(case("tea"))
    project.run().stdout.no_fnmatch_line("*prefers*")


def test_the_wrong_preference_fails_the_case(project: Project) -> None:
    project.conftest(LIKELY)
    turned = """
        expect: [contains: tea, prefers: {good: "Tea it is.", bad: Tea}]
    """
    project.suite(case("tea", extra=turned))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*prefers*good replies -10.00 per token, bad ones -3.00*"])


def test_a_model_that_cannot_tell_is_an_error(project: Project) -> None:
    project.suite(case("tea", extra=EXAMPLES))
    result = project.run()
    assert result.ret == 7
    result.stdout.fnmatch_lines(["*`prefers`: scripted does not tell how likely it finds a reply*"])


def test_fluent_asks_the_base(project: Project) -> None:
    project.conftest(LIKELY)
    fits, falls_short = ("expect: [fluent: -12]", "expect: [fluent: -2]")
    project.suite(case("tea", extra=fits), case("hm", "Why?", extra=falls_short))
    project.run().assert_outcomes(passed=1, failed=1)
