"""What is asked, and where it comes from."""

from __future__ import annotations

from pathlib import Path

from documents import ROOT

from persona_eval.doctor.prompts import BUILT_IN, prompts
from persona_eval.models.base import Message
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.load import load_suite
from persona_eval.training.corpus import Conversation
from persona_eval.training.fingerprint import Sources

LINES = [
    Conversation(
        (Message("system", "Be kind."), Message("user", f"Hi {n}!"), Message("assistant", "Hi.")),
        Path("train.jsonl"),
        n,
    )
    for n in range(1, 51)
]


def test_suites_go_first_and_are_spread_over_categories() -> None:
    registry = default_registry()
    suites = [
        load_suite(path, registry) for path in sorted((ROOT / "suites").rglob("*.suite.yaml"))
    ]
    found = prompts(suites, Sources(LINES, LINES), 24)
    assert (found.origin, len(found.asked)) == ("suites", 24)
    assert len({each.case.category for each in found.asked}) == 5
    assert len({each.name for each in found.asked}) == 24
    assert all(each.case.generated_turns == (len(each.case.turns) - 1,) for each in found.asked)
    assert {each.case.trials for each in found.asked} == {1}


def test_without_suites_the_data_are_asked_at_even_distances() -> None:
    found = prompts([], Sources(LINES, LINES[:2]), 24)
    assert (found.origin, len(found.asked)) == ("validation data", 2)
    found = prompts([], Sources(LINES, []), 5)
    assert found.origin == "training data"
    assert [each.case.line for each in found.asked] == [1, 11, 21, 31, 41]
    assert found.asked[0].persona.system_prompt == "Be kind."


def test_without_anything_there_are_built_in_prompts() -> None:
    found = prompts([], None)
    assert (found.origin, len(found.asked)) == ("built-in prompts", len(BUILT_IN))


def test_a_changed_setting_leaves_the_draws_as_they_are() -> None:
    asked = prompts([], None).asked[0]
    changed = asked.changed(temperature=0.1)
    assert changed.case.generation.temperature == 0.1
    assert (changed.case.id, changed.case.generation.seed) == (asked.case.id, 0)
