"""Single cases in Markdown: what could not be judged, what fails, and flips with both replies."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from persona_eval.compare import Comparison, Pair, Status
from persona_eval.outcome import Outcome, Record
from persona_eval.reports.comparison import trials_text
from persona_eval.reports.gfm import block, code
from persona_eval.reports.steady import steady_lines
from persona_eval.reports.transcript import Told, failures, shortened
from persona_eval.results import CaseResult

WIDTH = 96
QUOTED = 400
"""Letters of a reply."""
REASONS = 4
"""Expectations that were not met, of one reply."""
TURNS = 6


def error_entries(outcome: Outcome) -> list[str]:
    """What could not be judged, and why."""
    return [
        f"{code(record['node'])}\n{block(_labelled('', record['error'] or ''))}"
        for adapter in outcome.adapters
        for record in adapter.errors
    ]


def flip_entries(outcome: Outcome, compared: Comparison, status: Status) -> list[str]:
    """Cases that flipped, those that close the gate first, then those that are confirmed."""
    records = _of_candidate(outcome)
    pairs = sorted(
        compared.of_status(status),
        key=lambda pair: (not _closes(records.get(pair.key)), not pair.confirmed),
    )
    return [_flip(pair, records.get(pair.key)) for pair in pairs]


def failing_entries(outcome: Outcome, compared: Comparison | None) -> list[str]:
    """Cases that close the gate and are no flips."""
    broken = {pair.key for pair in compared.of_status("broken")} if compared else set()
    records = _of_candidate(outcome)
    return [_failing(r) for key, r in records.items() if _closes(r) and key not in broken]


def _of_candidate(outcome: Outcome) -> dict[str, Record]:
    """The judged records of the candidate by case."""
    name = outcome.adapters[0].adapter if outcome.adapters else ""
    return {r["case"]: r for r in outcome.records if r["adapter"] == name and r["result"]}


def _closes(record: Record | None) -> bool:
    return bool(record and record["verdict"]["fails"])


def _flip(pair: Pair, record: Record | None) -> str:
    assert pair.before
    assert pair.after
    head = f"{code(pair.key)} · {trials_text(pair)}"
    if _closes(record):
        head += " · closes the gate"
    trial = _telling(record, pair.after.result.passed) if record else None
    lines = [
        *(_labelled("user  ", trial["turns"][-1]["user"]) if trial else ()),
        *_labelled("then  ", pair.before.telling_reply()),
        *_labelled("now   ", pair.after.telling_reply()),
        *(_reasons(trial) if trial else ()),
    ]
    return f"{head}\n{block(lines)}"


def _failing(record: Record) -> str:
    result = record["result"]
    outcomes, reason = result["outcomes"], record["verdict"]["reason"]
    why = "" if reason == "fails" else f" · {code(reason)}"
    head = f"{code(record['case'])} · {sum(outcomes)} of {len(outcomes)} trials passed{why}"
    trial = _telling(record, passed=False)
    if trial is None:
        return head
    steady = [line.strip() for line in steady_lines(CaseResult.from_json(result))]
    said = [line for turn in trial["turns"][-TURNS:] for line in _turn(trial, turn)]
    return f"{head}\n{block([*steady, *said, *_reasons(trial)])}"


def _telling(record: Record, passed: bool) -> Told | None:
    """The first trial of that outcome, or the first one."""
    trials = record["trials"]
    return next((t for t in trials if t["passed"] == passed), next(iter(trials), None))


def _turn(trial: Told, turn: Mapping[str, Any]) -> Iterator[str]:
    yield from _labelled("user: ", turn["user"])
    yield from _labelled(f"{shortened(trial['speaker'], 40)}: ", turn["reply"] or "")


def _reasons(trial: Told) -> Iterator[str]:
    unmet = failures(trial)
    for score in unmet[:REASONS]:
        yield from _labelled(
            "      ✗ ", f"{score['expectation']}: {score['error'] or score['reason']}"
        )
    if len(unmet) > REASONS:
        yield f"      and {len(unmet) - REASONS} more that were not met"


def _labelled(label: str, text: str) -> list[str]:
    indent = " " * len(label)
    shown = shortened(text, QUOTED)
    return textwrap.wrap(shown, WIDTH, initial_indent=label, subsequent_indent=indent)
