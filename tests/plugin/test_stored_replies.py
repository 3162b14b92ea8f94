"""``--persona-store`` and ``--persona-fresh``: what is generated, and when."""

from __future__ import annotations

import json
import sqlite3

import pytest
from projects import DRINK, Project, case


def rows(project: Project, query: str, folder: str = ".persona_eval") -> list[tuple[object, ...]]:
    with sqlite3.connect(project.folder / folder / "store.sqlite") as db:
        return db.execute(query).fetchall()


def test_a_second_run_generates_nothing(project: Project) -> None:
    project.suite(case("tea", extra="trials: 3"), case("hm", "Why?", "hm"))
    project.run().assert_outcomes(passed=2)
    assert len(project.asked()) == 4
    result = project.run()
    result.assert_outcomes(passed=2)
    assert len(project.asked()) == 4
    result.stdout.fnmatch_lines(["*0 replies in *, 4 of 4 replies from the store"])


def test_what_changed_is_generated_and_nothing_else(project: Project) -> None:
    project.suite(case("tea", extra="trials: 2"), case("hm", "Why?", "hm"))
    project.run()
    project.suite(case("tea", extra="trials: 3"), case("hm", "Why not?", "hm"))
    project.run().assert_outcomes(passed=2)
    assert project.asked()[3:] == ["tea/2/0/0", "hm/0/0/0"]


def test_other_expectations_and_no_other_settings_keep_the_replies(project: Project) -> None:
    project.suite(case("tea"))
    project.run()
    project.suite(case("tea", says="drink"))
    project.run().assert_outcomes(passed=1)
    assert len(project.asked()) == 1
    project.suite(case("tea", extra="generation: {temperature: 0.5}"))
    project.run().assert_outcomes(passed=1)
    assert len(project.asked()) == 2


def test_fresh_generates_anew_and_keeps_the_new_ones(project: Project) -> None:
    project.suite(case("tea"))
    project.run()
    project.answers({DRINK: "I drink green tea."})
    project.run("--persona-fresh").assert_outcomes(passed=1)
    assert len(project.asked()) == 2
    assert rows(project, "SELECT text FROM replies") == [("I drink green tea.",)]


def test_another_folder(project: Project) -> None:
    project.suite(case("tea"))
    project.run("--persona-store=kept").assert_outcomes(passed=1)
    assert not (project.folder / ".persona_eval").exists()
    assert rows(project, "SELECT count(*) FROM replies", "kept") == [(1,)]


def test_a_folder_that_is_named_counts_from_where_it_is_typed(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of every other path on a command line; without one it is in the root."""
    project.write("pytest.ini", "[pytest]\n")
    place = project.suite(case("tea"), name="suites/a.suite.yaml").parent
    project.write("suites/persona.yaml", "name: Bo\n")
    monkeypatch.chdir(place)
    project.run("--persona-store=kept").assert_outcomes(passed=1)
    assert (place / "kept").is_dir()
    project.run().assert_outcomes(passed=1)
    assert (project.folder / ".persona_eval").is_dir()
    assert sorted(each.name for each in project.folder.glob("*kept")) == []


def test_an_interrupted_run_keeps_every_finished_reply(project: Project) -> None:
    project.conftest("""
        @pytest.fixture(scope="session")
        def persona_model():
            def answer(request):
                if request.key.startswith("three") and pathlib.Path("interrupt").exists():
                    raise KeyboardInterrupt
                with open("asked.log", "a") as log:
                    log.write(request.key + "\\n")
                return "I drink tea."
            import pathlib
            return ScriptedModel(answer)
    """)
    project.suite(*(case(name) for name in ("one", "two", "three", "four")))
    project.write("interrupt", "")
    assert project.run_alone().ret == pytest.ExitCode.INTERRUPTED
    assert project.asked() == ["one/0/0/0", "two/0/0/0"]
    assert rows(project, "SELECT exit_status FROM runs") == [(2,)]
    (project.folder / "interrupt").unlink()
    project.run().assert_outcomes(passed=4)
    assert [key.split("/")[0] for key in project.asked()] == ["one", "two", "three", "four"]


def test_a_run_is_written_down_with_its_judgements(project: Project) -> None:
    project.suite(case("tea"), case("hm", "Why?"))
    project.run()
    ((about, finished, status),) = rows(project, "SELECT about, finished, exit_status FROM runs")
    said = json.loads(str(about))
    assert said["model"]["name"] == said["engine"] == "scripted"
    assert said["suites"].keys() == {f"{project.folder.name}/a.suite.yaml"}
    assert said["adapters"]["base"]["folder"] is None
    assert finished is not None
    assert status == 1
    query = "SELECT case_id, j.judgement FROM trials JOIN judgements j ON j.key = trials.judgement"
    judged = {str(case_id): json.loads(str(text)) for case_id, text in rows(project, query)}
    assert judged["tea"]["passed"] is True
    assert judged["hm"]["scores"][0]["expectation"] == "contains"
