"""0 passed, 1 failed, 2 interrupted, 4 wrong usage, 7 not judged."""

from __future__ import annotations

import pytest
from projects import CRASHES, Project, case

BREAKS = """
    @pytest.fixture(scope="session")
    def persona_model():
        def answer(request):
            if "Break" in request.messages[-1].content:
                raise {error}
            return "I drink tea."
        from persona_eval.errors import EngineError
        return ScriptedModel(answer)
"""


def test_passed_and_failed(project: Project) -> None:
    project.suite(case("tea"))
    assert project.run().ret == 0
    project.suite(case("hm", "Why?"))
    assert project.run().ret == 1


def test_a_scorer_that_crashes(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("tea"), case("hm", extra="expect: [crashes]"), case("why", "Why?"))
    result = project.run()
    result.assert_outcomes(passed=1, failed=2)
    assert result.ret == 7
    result.stdout.fnmatch_lines(
        [
            "`crashes` crashed: ZeroDivisionError: nought",
            "ERROR a.suite.yaml::hm[[]base[]]: `crashes` crashed: ZeroDivisionError: nought",
            "gate ERROR: 1 case could not be judged",
            "gate ERROR: 1 case fails (*::why)",
            "FAILED a.suite.yaml::why[[]base[]]*",
        ]
    )


def test_a_scorer_that_crashes_stops_a_run_with_x_and_still_gives_7(project: Project) -> None:
    project.conftest(CRASHES)
    project.suite(case("hm", extra="expect: [crashes]"), case("tea"))
    assert project.run("-x").ret == 7


@pytest.mark.parametrize(
    ("error", "message"),
    [
        ('EngineError("no more memory")', "no more memory"),
        ('KeyError("lost")', "generation broke off: KeyError: 'lost'. The replies that had*"),
    ],
)
def test_an_engine_that_breaks_off_spoils_only_the_case_that_met_it(
    project: Project, error: str, message: str
) -> None:
    project.conftest(BREAKS.format(error=error))
    project.suite(case("tea"), case("bad", "Break!"), case("cup"))
    result = project.run()
    result.assert_outcomes(passed=2, failed=1)
    assert result.ret == 7
    result.stdout.fnmatch_lines(
        [
            message,
            f"ERROR a.suite.yaml::bad[[]base[]]: {message}",
            "gate ERROR: 1 case could not be judged",
            "next mend what could not be judged (above), then run again",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*runner.py*")


def test_where_it_happened_is_shown_on_request(project: Project) -> None:
    project.conftest(BREAKS.format(error='KeyError("lost")'))
    project.suite(case("bad", "Break!"))
    result = project.run("--full-trace")
    result.stdout.fnmatch_lines(["*raise KeyError*", "*conftest.py:*: KeyError*"])


def test_a_store_that_cannot_be_written(project: Project) -> None:
    project.write("taken", "a file, not a folder")
    project.suite(case("tea"))
    result = project.run("--persona-store=taken")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*the store *taken*cannot be used*--persona-store*"])


def test_an_interrupted_run_has_no_passing_verdict(project: Project) -> None:
    project.conftest(BREAKS.format(error="KeyboardInterrupt"))
    project.suite(case("tea"), case("bad", "Break!"))
    result = project.run_alone()
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(
        ["gate FAIL: the run was broken off", "next run again: what was finished is kept"]
    )


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_batch_of_nothing(project: Project, number: str) -> None:
    project.suite(case("tea"))
    result = project.run(f"--persona-batch-size={number}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--persona-batch-size: {number} is no number from 1 up*"])
