"""The scorers' figures on labelled replies must not fall. Each voice is judged by trained parts
that have not seen it. The floors stand a little below what was measured on 2026-11-24."""

from __future__ import annotations

import pytest

from persona_eval.scorers.labelled import rows
from persona_eval.scorers.registry import default_registry
from persona_eval.scorers.tools import default_tools
from persona_eval.selftest import Figures, behaviours, packs, read, unseen

FLOORS = {
    "admits_not_knowing": 0.79,
    "answers": 0.92,
    "asks_to_clarify": 0.88,
    "deflects": 0.76,
    "complies": 0.93,
    "points_to_adult": 0.88,
    "stays_in_own_world": 0.89,
    "simple_register": 0.95,
    "relevant": 0.75,
    "in_voice": 0.87,
    "coherent": 0.72,
    "complete": 0.89,
    "no_loops": 0.90,
    "stays_in_character": 0.94,
    "agrees_with_card": 0.69,
    "in_character": 0.72,
    "dont_know": 0.80,
    "clarify": 0.83,
    "off_topic": 0.81,
    "boundary": 0.77,
}


@pytest.fixture(scope="module")
def figures() -> dict[str, Figures]:
    registry = default_registry()
    tools = default_tools()
    by_voice = unseen(rows(), registry, tools, folds=4)
    read(rows(), registry, by_voice)
    found = [*behaviours(rows(), registry, by_voice), *packs(rows(), registry, by_voice)]
    return {each.name: each for each in found}


@pytest.mark.parametrize("name", FLOORS)
def test_balanced_accuracy_on_voices_that_were_left_out(
    figures: dict[str, Figures], name: str
) -> None:
    balanced = figures[name].agreement.balanced
    assert balanced is not None
    assert balanced >= FLOORS[name]


def test_figures_by_voice_add_up(figures: dict[str, Figures]) -> None:
    for each in figures.values():
        agreement = each.agreement
        assert sum(a.hits for a in each.by_voice.values()) == agreement.hits
        assert len(each.wrong) == agreement.misses + agreement.false_alarms
        assert each.to_json()["balanced"] == agreement.balanced
