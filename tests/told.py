"""Trials as reports tell them, and what a session recorded of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from persona_eval.compare import Standing
from persona_eval.outcome import Outcome, outcome_of
from persona_eval.results import CaseResult, Design
from persona_eval.runner import Work
from persona_eval.suite.policy import GatePolicy


def score(expectation: str, passed: bool | None, **fields: Any) -> dict[str, Any]:
    """What an expectation came to."""
    plain = {"value": None, "limit": None, "reason": "because", "source": "case", "error": None}
    return {"expectation": expectation, "passed": passed, "turn": 0, **plain, **fields}


def told(
    reply: str, *scores: dict[str, Any], number: int = 1, user: str = "Hello!", **fields: Any
) -> dict[str, Any]:
    """A trial of one turn, passed unless a score says otherwise."""
    turn = {"user": user, "reply": reply, "generated": True, "cut": None, "scores": list(scores)}
    return {
        "number": number,
        "passed": all(each["passed"] is not False for each in scores),
        "confirming": False,
        "speaker": "Bo",
        "turns": [turn],
        **fields,
    }


def standing(name: str, passed: bool, reply: str, category: str = "dont_know") -> Standing:
    """A case of three trials, all of them alike."""
    result = CaseResult("bo/a.suite.yaml", name, category, False, (passed,) * 3, Design(3, 3, 0.66))
    return Standing(result, "f", ("contains",), ((reply,),) * 3)


def record(
    name: str,
    reply: str = "I know!",
    passed: bool = True,
    before: tuple[bool, str] | None = None,
    reason: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """What a case recorded: its trials, and ``before``, what the baseline has of it. A failing
    case closes the gate unless ``reason`` is an excuse, which has a colon."""
    why = ("" if passed else "fails") if reason is None else reason
    after = standing(name, passed, reply)
    trial = told(reply, score("contains", passed, reason="does not contain “tea”"))
    return {
        "node": f"bo/a.suite.yaml::{name}[base]",
        "folder": "bo",
        "case": after.result.key,
        "adapter": "base",
        "category": "dont_know",
        "persona": "Bo",
        "model": "tiny",
        "engine": "cpu-float32",
        "worker": "",
        "work": asdict(Work(generated=3, stored=1, tokens=90, seconds=3.0)),
        "peak_memory": 2**29,
        "memory": {},
        "error": None,
        "result": after.result.to_json(),
        "verdict": {"fails": bool(why) and ":" not in why, "reason": why},
        "before": standing(name, *before).to_json() if before else None,
        "after": after.to_json(),
        "trials": [{**trial, "number": number} for number in (1, 2, 3)],
        **changes,
    }


def ended(
    records: Sequence[dict[str, Any]], commit: str = "", **changes: Any
) -> tuple[Outcome, Any]:
    """The outcome of a session, and what its processes know of it."""
    compared = any(each["before"] for each in records)
    baseline = {"accepted": "2026-11-01", "adapter": {"name": "bo-1"}} if compared else None
    folder = {
        "folder": "bo",
        "persona": "Bo",
        "policy": GatePolicy().model_dump(),
        "cases": {each["case"]: each["category"] for each in records},
        "baseline": baseline,
        "engines": ["cpu-float32"] if compared else [],
        "removed": [],
        "others": [],
        **changes,
    }
    git = {"commit": commit, "changed": False} if commit else None
    about = {"engine": "cpu-float32", "git": git}
    facts = {"candidate": "base", "folders": [folder], "about": about}
    return outcome_of(records, facts, finished=True), facts
