"""``persona-eval accept``: only a whole run becomes the baseline."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from projects import CRASHES, Project, case, says

from persona_eval.cli import main

BASELINE = Path("baseline.json")


@pytest.fixture(autouse=True)
def _here(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    project.suite(case("tea"), case("cup"))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    before = BASELINE.read_bytes() if BASELINE.exists() else None
    assert main(["accept", *arguments]) == 2
    assert (BASELINE.read_bytes() if BASELINE.exists() else None) == before
    return capsys.readouterr().err


def test_nothing_is_stored(capsys: pytest.CaptureFixture[str]) -> None:
    assert "run `pytest suites/` first" in refused(capsys)


def test_a_part_of_the_cases(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run("-k", "tea")
    assert "a.suite.yaml::cup was not run" in refused(capsys)


def test_a_run_that_stopped_at_the_first_failure(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    says(project, tea="-", cup="+")
    project.run("-x")
    assert "::cup was not run" in refused(capsys)


def test_an_interrupted_run(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.conftest("""
        @pytest.fixture(scope="session")
        def persona_model():
            def answer(request):
                raise KeyboardInterrupt
            return ScriptedModel(answer)
    """)
    project.run_alone()
    assert "ended with status 2, before its end" in refused(capsys)


def test_a_run_in_which_a_scorer_crashed(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.conftest(CRASHES)
    project.suite(case("tea"), case("cup", extra="expect: [crashes]"))
    project.run()
    assert "some cases could not be judged" in refused(capsys)


def test_a_run_of_other_cases(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run()
    project.suite(case("tea", "Why?"), case("cup", extra="trials: 2"), case("jug"))
    said = refused(capsys)
    assert "::tea was changed after the run" in said
    assert "::cup has another number of trials now" in said
    assert "::jug was not run" in said


def test_a_run_that_is_not_there(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run()
    assert "holds no run 9; the last are: 1" in refused(capsys, "9")
    assert "run 1 has no adapter `ned`; it has: base" in refused(capsys, "1:ned")
    assert "`ned` is no run, and no run has an adapter of that name" in refused(capsys, "ned")
    assert "the baseline is accepted already" in refused(capsys, "baseline")


def test_a_store_of_a_newer_version(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run()
    with sqlite3.connect(".persona_eval/store.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    assert "written by a newer persona-eval" in refused(capsys)


def test_another_model_only_by_force(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run()
    assert main(["accept"]) == 0
    data = json.loads(BASELINE.read_text())
    data["engines"]["scripted"]["model"] = {"name": "older", "fingerprint": "0" * 64}
    BASELINE.write_text(json.dumps(data))
    assert "is of older (00000000), run 1 used scripted" in refused(capsys)
    assert main(["accept", "--force"]) == 0
    assert json.loads(BASELINE.read_text())["engines"]["scripted"]["model"]["name"] == "scripted"


def test_nonsense_only_by_force(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.run()
    BASELINE.write_text("{}")
    assert "restore the file from version control" in refused(capsys)
    assert main(["accept", "--force"]) == 0


def test_expectations_changed_since_are_those_of_today(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run()
    project.suite(case("tea", says="juice"), case("cup"))
    assert main(["accept"]) == 0
    assert "2 cases, 2 trials, 50% pass" in capsys.readouterr().out
    assert project.run().ret == 0, "the same rules, the same replies: a known failure"


ASKS = """
    class Likely(ScriptedModel):
        def mean_logprobs(self, messages, replies):
            return [-9.0] * len(replies)

    @pytest.fixture(scope="session")
    def persona_model():
        return Likely({}, default="I drink tea.")
"""


def test_what_only_a_model_can_judge_is_not_passed_without_one(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    """Outside a run `fluent` is skipped, and must not be remembered as a pass."""
    project.conftest(ASKS)
    project.suite(case("tea", extra="expect: [contains: tea, fluent: -2.0]"))
    assert project.run().ret == 1
    project.write("persona.yaml", "name: Bo\nage: 7\n")
    assert main(["show"]) == 0
    assert "0 of 1 trials" in capsys.readouterr().out
    assert "need the model to be judged anew" in refused(capsys)
    assert project.run().ret == 1
    assert main(["accept"]) == 0
    assert project.run().ret == 0, "now it is a known failure"


def test_a_folder_that_cannot_be_written(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.run()
    assert main(["accept"]) == 0
    Path(".baseline.json.new").mkdir()
    assert "cannot be written" in refused(capsys)


def test_what_is_replaced_is_shown(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    says(project, tea="+", cup="-")
    project.run()
    assert main(["accept"]) == 0
    first = BASELINE.read_text()
    says(project, tea="+", cup="+")
    project.run("--persona-fresh")
    capsys.readouterr()
    assert main(["accept"]) == 0
    said = capsys.readouterr().out
    assert "what it replaces:\nfixed " in said
    changed = set(BASELINE.read_text().split("\n")) - set(first.split("\n"))
    assert sum("::" in line for line in changed) == 1, "a review sees the one case that changed"
