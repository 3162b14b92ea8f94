"""The JSON report, and the page that says what its keys mean."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from standings import comparison

from persona_eval.gate import GateInput, decide
from persona_eval.history import Run
from persona_eval.outcome import AdapterOutcome, GateOutcome, Outcome
from persona_eval.overlap.learnt import Overlap
from persona_eval.reports.machine import run_report, run_summary
from persona_eval.suite.policy import GatePolicy

PAGE = (Path(__file__).parents[3] / "docs" / "json.md").read_text(encoding="utf-8")


def outcome() -> Outcome:
    compared = comparison(a=("+++", "---"), b=("+++", "+++"))
    overlaps = (Overlap(0.75, 9, "bo/train.jsonl:3"), Overlap(0.5, 1, "a:1"), Overlap(0, 0, None))
    results = tuple(replace(pair.result, overlaps=overlaps) for pair in compared.pairs)
    decision = decide(GatePolicy(), GateInput([], [], compared, errors=1))
    adapter = AdapterOutcome("bo", results, (), (), {})
    gate = GateOutcome("bo", "Bo", "cpu", {}, ("cpu",), 0, (), 0, 1, {}, compared, decision)
    return Outcome((), (adapter,), (gate,), True)


def keys(value: object) -> set[str]:
    """All keys at all depths, but for those that are names of things."""
    if isinstance(value, list):
        return {key for item in value for key in keys(item)}
    if not isinstance(value, dict):
        return set()
    inner = (keys(v) for k, v in value.items() if k not in ("policy", "counts", "result", "about"))
    return set(value).union(*inner)


@pytest.mark.parametrize(
    "written",
    [
        run_report(outcome(), None, 1),
        run_summary(Run(1, 0.0, 1.0, 0, {}, {}), 3),
    ],
)
def test_every_key_is_explained(written: dict[str, object]) -> None:
    assert {key for key in keys(written) if f"`{key}`" not in PAGE} == set()


def test_a_status_is_counted_under_a_name_that_the_page_explains() -> None:
    counts = outcome().gates[0].comparison.to_json()["counts"]  # type: ignore[union-attr]
    assert {name for name in counts if f"`{name}`" not in PAGE} == set()
    assert counts["broken"] == 1


def test_overlaps_with_the_training_data_are_told_trial_by_trial() -> None:
    (adapter,) = run_report(outcome(), None, 1)["adapters"]
    _, case = adapter["cases"]
    assert case["overlaps"] == [
        {"share": 0.75, "words": 9, "place": "bo/train.jsonl:3", "copied": True},
        {"share": 0.5, "words": 1, "place": "a:1", "copied": False},
        {"share": 0, "words": 0, "place": None, "copied": False},
    ]
    assert case["copied"] == pytest.approx(1 / 3)
    assert adapter["summaries"][-1]["copied"] == pytest.approx(1 / 3)


def test_without_training_data_they_are_null() -> None:
    plain = outcome().gates[0].comparison
    assert plain is not None
    results = tuple(pair.result for pair in plain.pairs)
    told = run_report(Outcome((), (AdapterOutcome("bo", results, (), (), {}),), (), True), None, 1)
    (adapter,) = told["adapters"]
    assert [(case["overlaps"], case["copied"]) for case in adapter["cases"]] == [(None, None)] * 2
    assert adapter["summaries"][-1]["copied"] is None
