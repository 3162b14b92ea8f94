"""What goes wrong during a run: named with its case, and nothing that was finished is lost."""

from __future__ import annotations

import pytest
from projects import Project, case

from persona_eval.store import Store

FULL_DISK = """
    @pytest.fixture(scope="session")
    def persona_store(persona_store):
        (pages,) = persona_store._db.execute("PRAGMA page_count").fetchone()
        persona_store._db.execute(f"PRAGMA max_page_count = {pages + 30}")
        return persona_store
"""
READ_ONLY = """
    @pytest.fixture(scope="session")
    def persona_store(persona_store):
        persona_store._db.execute("PRAGMA query_only = ON")
        return persona_store
"""
MEDDLES = """
    @pytest.fixture(scope="session")
    def persona_model():
        def answer(request):
            Path("adapters/bo/adapters.safetensors").write_text("other weights")
            return "I drink tea."
        from pathlib import Path
        return ScriptedModel(answer)
"""


def test_a_full_disk_ends_the_run_with_the_case_and_keeps_what_was_finished(
    project: Project,
) -> None:
    project.answers({}, default="I drink tea. " * 2000, more=FULL_DISK)
    project.suite(*(case(f"case-{n}", f"What is {n}?") for n in range(20)))
    result = project.run()
    assert result.ret == 7
    outcomes = result.parseoutcomes()
    assert outcomes["failed"] == 1
    assert 0 < outcomes["passed"] < 19
    result.stdout.fnmatch_lines(
        ["!* a.suite.yaml::case-*[[]base[]]: the store *database or disk is full* kept*!"]
    )
    store = Store(project.folder / ".persona_eval" / "store.sqlite")
    (kept,) = store._db.execute("SELECT count(*) FROM replies").fetchone()
    assert kept >= outcomes["passed"]
    store.close()


def test_after_that_a_run_generates_only_what_is_missing(project: Project) -> None:
    project.answers({}, default="I drink tea. " * 2000, more=FULL_DISK)
    project.suite(*(case(f"case-{n}", f"What is {n}?") for n in range(20)))
    project.run()
    before = len(project.asked())
    project.answers({}, default="I drink tea. " * 2000)
    result = project.run()
    result.assert_outcomes(passed=20)
    assert len(project.asked()) - before < 20


def test_a_store_that_is_read_only_ends_the_run_at_once(project: Project) -> None:
    project.conftest(READ_ONLY)
    project.suite(case("tea"), case("cup"))
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines(["*the store *readonly database* --persona-store*"])
    assert result.stdout.str().count("readonly database") == 1


def test_an_adapter_that_is_replaced_during_the_run(project: Project) -> None:
    project.conftest(MEDDLES)
    project.adapter("bo")
    project.suite(case("tea"))
    result = project.run("--persona-adapter=base", "--persona-adapter=bo", adapter=None)
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 7
    result.stdout.fnmatch_lines(
        ["ERROR a.suite.yaml::tea[[]bo[]]: the adapter *bo was changed while this run *run again"]
    )
