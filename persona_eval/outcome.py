"""What a session came to: results by adapter, and a gate for each character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from persona_eval.compare import Comparison, Standing
from persona_eval.gate import CaseVerdict, GateDecision, GateInput, decide
from persona_eval.results import CaseResult
from persona_eval.suite.models import CATEGORIES
from persona_eval.suite.policy import GatePolicy

Record = Mapping[str, Any]
"""What a checked case left behind: see ``pytest_plugin.session.record``."""


@dataclass(frozen=True)
class AdapterOutcome:
    """The results of one adapter, with what could not be judged."""

    adapter: str
    results: tuple[CaseResult, ...]
    errors: tuple[Record, ...]
    failed: tuple[str, ...]
    """Node ids of failing cases that count."""
    excused: Mapping[str, str]
    """Why the others that fail do not count, by node id."""


@dataclass(frozen=True)
class GateOutcome:
    """The gate of one character, through which the candidate goes."""

    folder: str
    persona: str
    engine: str
    baseline: Mapping[str, Any] | None
    """What was accepted, and when; None without a baseline for this kind of engine."""
    engines: tuple[str, ...]
    """Kinds of engines that the baseline has."""
    left_out: int
    """Cases of the suites at hand that were not run."""
    others: tuple[str, ...]
    """Suite files of the folder that were not looked at."""
    errors: int
    """Cases that could not be judged."""
    passed: int
    """Of the candidate's cases."""
    excused: Mapping[str, int]
    """Its failing cases that do not count, by kind."""
    comparison: Comparison | None
    decision: GateDecision


@dataclass(frozen=True)
class Outcome:
    """All of a session."""

    records: tuple[Record, ...]
    adapters: tuple[AdapterOutcome, ...]
    """The candidate first."""
    gates: tuple[GateOutcome, ...]
    finished: bool

    @property
    def errors(self) -> int:
        """Cases that could not be judged."""
        return sum(len(adapter.errors) for adapter in self.adapters)

    @property
    def passed(self) -> bool:
        """Whether every gate is open, and there is one."""
        return bool(self.gates) and all(gate.decision.passed for gate in self.gates)


def outcome_of(
    records: Sequence[Record], facts: Mapping[str, Any] | None, finished: bool
) -> Outcome:
    """From the records of a session's cases and what its processes know of it; ``facts`` is None
    where no case came so far that its set-up was done."""
    # Under `--dist each` every worker runs every case.
    once = list({(record["adapter"], record["case"]): record for record in records}.values())
    names = dict.fromkeys(record["adapter"] for record in once)
    candidate = facts["candidate"] if facts else next(iter(names), "")
    ordered = sorted(names, key=lambda name: name != candidate)
    adapters = tuple(_of_adapter(name, once) for name in ordered)
    seen = {record["folder"] for record in once}
    folders = [folder for folder in facts["folders"] if folder["folder"] in seen] if facts else []
    engine = facts["about"]["engine"] if facts else ""
    gates = tuple(_gate(folder, candidate, once, engine, finished) for folder in folders)
    return Outcome(tuple(records), adapters, gates, finished)


def _of_adapter(name: str, records: Sequence[Record]) -> AdapterOutcome:
    mine = [record for record in records if record["adapter"] == name]
    judged = [record for record in mine if record["result"]]
    failing = [r for r in judged if r["verdict"]["reason"]]
    return AdapterOutcome(
        name,
        tuple(CaseResult.from_json(record["result"]) for record in judged),
        tuple(record for record in mine if record["error"]),
        tuple(r["node"] for r in failing if r["verdict"]["fails"]),
        {r["node"]: r["verdict"]["reason"] for r in failing if not r["verdict"]["fails"]},
    )


def _gate(
    folder: Mapping[str, Any],
    candidate: str,
    records: Sequence[Record],
    engine: str,
    finished: bool,
) -> GateOutcome:
    here = [record for record in records if record["folder"] == folder["folder"]]
    mine = [record for record in here if record["adapter"] == candidate]
    judged = [record for record in mine if record["result"]]
    run = {record["case"] for record in mine}
    left_out = {key: category for key, category in folder["cases"].items() if key not in run}
    errors = sum(record["error"] is not None for record in here)
    comparison = _comparison(folder, candidate, judged) if folder["baseline"] else None
    given = GateInput(
        [CaseResult.from_json(record["result"]) for record in judged],
        [CaseVerdict(**record["verdict"]) for record in judged],
        comparison,
        errors,
        frozenset([*left_out.values(), *(CATEGORIES if folder["others"] else ())]),
        finished,
    )
    decision = decide(GatePolicy.model_validate(folder["policy"]), given)
    return GateOutcome(
        folder["folder"], folder["persona"], engine, folder["baseline"],
        tuple(folder["engines"]), len(left_out), tuple(folder["others"]), errors,
        sum(result.passed for result in given.results), _excused(given), comparison, decision,
    )  # fmt: skip


def _excused(given: GateInput) -> Counter[str]:
    excuses = (v.reason for v in given.verdicts if v.reason and not v.fails)
    return Counter(reason.split(":")[0] for reason in excuses)


def _comparison(folder: Mapping[str, Any], candidate: str, judged: Sequence[Record]) -> Comparison:
    before = {_key(r["before"]): Standing.from_json(r["before"]) for r in judged if r["before"]}
    after = {_key(r["after"]): Standing.from_json(r["after"]) for r in judged}
    removed = {_key(data): Standing.from_json(data) for data in folder["removed"]}
    return Comparison.of({**before, **removed}, after, ("baseline", candidate))


def _key(standing: Mapping[str, Any]) -> str:
    return Standing.from_json(standing).result.key
