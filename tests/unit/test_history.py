"""Runs, kept and read back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from persona_eval.errors import StoreError
from persona_eval.history import CaseFacts, NewTrial, Runs
from persona_eval.judging import Judgement
from persona_eval.models.base import Reply
from persona_eval.store import Store

PASSED, FAILED = Judgement(True, None, ()), Judgement(False, None, ({"expectation": "contains"},))


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    store = Store(tmp_path / "store.sqlite")
    yield Runs(store)
    store.close()


def facts(case: str = "hi", rules: str | None = "rules") -> CaseFacts:
    return CaseFacts(
        suite="ned/a.suite.yaml", case=case, category="clarify", control=False, pass_rate=0.66,
        least=2, most=5, must_pass=False, asked="asked", fingerprint="print", rules=rules,
        expectations=("contains",),
    )  # fmt: skip


def trials(*texts: str, judgement: Judgement = PASSED, extra: bool = False) -> list[NewTrial]:
    return [
        NewTrial(number, [Reply(text, "stop", 2, 3, 0.5)], judgement, extra)
        for number, text in enumerate(texts)
    ]


def test_processes_of_one_session_share_a_run(runs: Runs) -> None:
    first = runs.begin("one", {"adapters": {"ned": {}}})
    assert runs.begin("one", {"adapters": {}}) == first
    assert runs.begin("two", {}) != first
    run = runs.get(first)
    assert (run.adapters, run.finished, run.exit_status, run.gates) == (["ned"], None, None, None)


def test_the_gravest_end_counts_until_it_is_decided(runs: Runs) -> None:
    run = runs.begin("one", {})
    for status in (1, 7, 0):
        runs.end(run, status)
    assert runs.get(run).exit_status == 7
    runs.decide(run, 1, {"ned": {"passed": False}})
    assert runs.get(run).exit_status == 1
    assert runs.get(run).gates == {"ned": {"passed": False}}
    assert runs.get(run).finished is not None


def test_a_run_that_is_not_there(runs: Runs) -> None:
    runs.begin("one", {})
    with pytest.raises(StoreError, match="holds no run 9; the last are: 1"):
        runs.get(9)


def test_cases_and_trials_come_back(runs: Runs) -> None:
    run = runs.begin("one", {})
    runs.add(run, "ned", facts(), [*trials("ho", "hum"), *trials("no", judgement=FAILED)[:0]])
    runs.add(run, "ned", facts("bye"), trials("so long", judgement=FAILED, extra=True))
    assert [each.case for each in runs.cases(run, "ned")] == ["bye", "hi"]
    assert runs.cases(run, "ned")[1] == facts()
    found = runs.trials(run, "ned")
    said = runs.replies(found)
    assert [(t.key, t.number, t.passed, t.extra, said[t.texts][0][0]) for t in found] == [
        ("ned/a.suite.yaml::bye", 0, False, True, "so long"),
        ("ned/a.suite.yaml::hi", 0, True, False, "ho"),
        ("ned/a.suite.yaml::hi", 1, True, False, "hum"),
    ]
    (judged,) = runs.judgements(run, "ned", "ned/a.suite.yaml", "bye")
    assert judged["scores"][0]["expectation"] == "contains"
    assert runs.cases(run, "base") == []


def test_the_last_run_of_each_case_counts(runs: Runs) -> None:
    for token, texts in (("one", ("old", "older")), ("two", ("new",))):
        runs.add(runs.begin(token, {}), "ned", facts(), trials(*texts))
    runs.add(runs.begin("three", {}), "ned", facts("bye"), trials("bye"))
    assert {(t.case, t.replies[0][0]) for t in runs.latest()} == {("hi", "new"), ("bye", "bye")}


def test_judgements_by_unknown_rules_are_kept_apart(runs: Runs) -> None:
    """A scorer from elsewhere may judge the same reply otherwise the next time."""
    for token, judgement in (("one", PASSED), ("two", FAILED)):
        run = runs.begin(token, {})
        runs.add(run, "ned", facts(rules=None), trials("ho", judgement=judgement))
    found = [runs.judgements(run, "ned", "ned/a.suite.yaml", "hi")[0]["passed"] for run in (1, 2)]
    assert found == [True, False]
