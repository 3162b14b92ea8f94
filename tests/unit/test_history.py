"""Past runs, read back from the store."""

from __future__ import annotations

from pathlib import Path

from persona_eval.history import PastTrial, latest, place_of, stored_trial
from persona_eval.judging import Judgement
from persona_eval.models.base import Reply
from persona_eval.store import Store
from persona_eval.suite.models import Persona, Suite

SUITE = Suite(
    path=Path("suites/ned/a.suite.yaml"), persona=Persona(name="Ned"),
    persona_path=Path("suites/ned/persona.yaml"), cases=(),
)  # fmt: skip
PASSED = Judgement(True, None, ())


def kept(*texts: str) -> list[dict[str, object]]:
    replies = [[Reply(text, "stop", 2, 3, 0.5)] for text in texts]
    return [stored_trial(SUITE, "hi", "ned", reply, PASSED) for reply in replies]


def test_the_last_run_of_each_case_counts(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    for texts in (("old", "older"), ("new",)):
        store.add_trials(store.begin_run({}), "a::hi[ned]", kept(*texts))
    store.add_trials(store.begin_run({}), "a::bye[ned]", kept("bye"))
    found = {(trial.case, trial.replies[0][0]) for trial in latest(store)}
    assert found == {("hi", "new"), ("hi", "bye")}
    assert list(latest(store))[-1] == PastTrial(
        "ned/a.suite.yaml", "hi", "ned", True, (("new", "stop"),)
    )
    store.close()


def test_trials_of_an_older_store_are_left_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    store.add_trials(store.begin_run({}), "a::hi[ned]", [{"passed": True, "scores": []}])
    assert list(latest(store)) == []
    store.close()


def test_a_suite_has_the_same_place_from_everywhere(tmp_path: Path) -> None:
    assert place_of(tmp_path / "ned" / "a.suite.yaml") == "ned/a.suite.yaml"
    assert place_of(tmp_path / "x" / ".." / "ned" / "a.suite.yaml") == "ned/a.suite.yaml"
