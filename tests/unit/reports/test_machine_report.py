"""The JSON report, and the page that says what its keys mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from standings import comparison

from persona_eval.gate import GateInput, decide
from persona_eval.history import Run
from persona_eval.outcome import AdapterOutcome, GateOutcome, Outcome
from persona_eval.reports.machine import run_report, run_summary
from persona_eval.suite.policy import GatePolicy

PAGE = (Path(__file__).parents[3] / "docs" / "json.md").read_text(encoding="utf-8")


def outcome() -> Outcome:
    compared = comparison(a=("+++", "---"), b=("+++", "+++"))
    results = tuple(pair.result for pair in compared.pairs)
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
