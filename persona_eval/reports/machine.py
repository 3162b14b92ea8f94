"""A run as plain data, for other programs. What the keys mean stands in docs/json.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from persona_eval.history import Run
from persona_eval.outcome import AdapterOutcome, GateOutcome, Outcome
from persona_eval.results import CaseResult, by_category, summarise

SCHEMA_VERSION = 1


def run_report(
    outcome: Outcome, facts: Mapping[str, Any] | None, exit_status: int
) -> dict[str, Any]:
    """What ``--persona-json`` writes."""
    return {
        "schema": SCHEMA_VERSION,
        "run": facts["run"] if facts else None,
        "exit_status": exit_status,
        "passed": outcome.passed and not outcome.errors,
        "finished": outcome.finished,
        "about": facts["about"] if facts else None,
        "adapters": [_adapter(adapter) for adapter in outcome.adapters],
        "gates": [_gate(gate) for gate in outcome.gates],
        "errors": [
            {"node": record["node"], "error": record["error"]}
            for adapter in outcome.adapters
            for record in adapter.errors
        ],
    }


def run_summary(run: Run, cases: int) -> dict[str, Any]:
    """A line of ``persona-eval runs --json``."""
    return {
        "run": run.number,
        "started": run.started,
        "finished": run.finished,
        "exit_status": run.exit_status,
        "cases": cases,
        "about": dict(run.about),
        "gates": run.gates,
    }


def _adapter(adapter: AdapterOutcome) -> dict[str, Any]:
    results = adapter.results
    whole = [summarise("all", results)] if results else []
    return {
        "adapter": adapter.adapter,
        "summaries": [summary.to_json() for summary in [*by_category(results), *whole]],
        "cases": [
            {
                "case": result.key,
                "category": result.category,
                "control": result.control,
                "label": result.label,
                "passed": result.passed,
                "rate": float(result.rate),
                "trials": list(result.outcomes),
                "saved": result.saved,
                "prefers": result.prefers,
                "copied": result.copied,
                "overlaps": _overlaps(result),
                "again": result.again,
                "luck": result.luck,
                "wordings": [vars(rate) for rate in result.by_wording],
                "spread": result.spread and vars(result.spread),
                "drift": result.drift and result.drift.to_json(),
            }
            for result in results
        ],
    }


def _overlaps(result: CaseResult) -> list[dict[str, Any]] | None:
    if result.overlaps is None:
        return None
    return [{**vars(overlap), "copied": overlap.copied} for overlap in result.overlaps]


def _gate(gate: GateOutcome) -> dict[str, Any]:
    return {
        "folder": gate.folder,
        "persona": gate.persona,
        "engine": gate.engine,
        "baseline": gate.baseline,
        "left_out": gate.left_out,
        "others": list(gate.others),
        "decision": gate.decision.to_json(),
        "comparison": gate.comparison.to_json() if gate.comparison else None,
    }
