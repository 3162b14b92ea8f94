"""Runs: what each execution asked, got and judged."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from persona_eval.drift import DriftPlan
from persona_eval.errors import StoreError
from persona_eval.fingerprint import digest_json
from persona_eval.judge import judgement_key, worded_digest
from persona_eval.judging import Judgement, ReplyText
from persona_eval.models.base import Reply
from persona_eval.store import Store


@dataclass(frozen=True)
class Run:
    """One execution, as it was stored."""

    number: int
    started: float
    """Seconds since 1970."""
    finished: float | None
    """None where the run was killed."""
    exit_status: int | None
    about: Mapping[str, Any]
    """Model, adapters, suites, settings, versions, commit, host."""
    gates: Mapping[str, Any] | None
    """Decision for each character, by folder; None where the run did not come to its end."""

    @property
    def adapters(self) -> list[str]:
        """Names of its adapters, the candidate first."""
        return list(self.about.get("adapters", {}))

    @property
    def whole(self) -> bool:
        """Whether it came to its end, with all cases of its suites."""
        left_out = sum(gate.get("left_out", 0) for gate in (self.gates or {}).values())
        return self.exit_status in (0, 1) and self.gates is not None and not left_out


@dataclass(frozen=True)
class CaseFacts:
    """A case as it stood in a run: what its trials are judged and compared by."""

    suite: str
    """Folder and name of the suite's file, as ``identity.place_of`` gives them."""
    case: str
    category: str
    control: bool
    pass_rate: float
    least: int
    most: int
    must_pass: bool
    asked: str
    fingerprint: str
    rules: str | None
    expectations: tuple[str, ...]
    """Titles of all that judges it, the pack included."""
    wordings: tuple[str, ...] = ()
    """All wordings of the prompt, round which its trials go; empty where there is one."""
    drift: DriftPlan | None = None
    """What is probed in a long conversation."""

    @property
    def key(self) -> str:
        """Tells cases of a project apart."""
        return f"{self.suite}::{self.case}"


@dataclass(frozen=True)
class PastTrial:
    """A trial as it was stored."""

    suite: str
    case: str
    adapter: str
    number: int
    passed: bool | None
    extra: bool
    """Drawn to confirm a flip; it counts in no rate."""
    texts: str
    """Key of its replies."""
    replies: tuple[ReplyText, ...] = ()
    """Text and finish reason of each generated turn; only `Runs.latest` fills it."""

    @property
    def key(self) -> str:
        return f"{self.suite}::{self.case}"


@dataclass(frozen=True)
class NewTrial:
    """A trial to store."""

    number: int
    replies: Sequence[Reply]
    judgement: Judgement
    extra: bool


class Runs:
    """The runs of a store."""

    def __init__(self, store: Store):
        self._store = store

    def begin(self, token: str, about: Mapping[str, Any]) -> int:
        """The number of the run of this token, opened now unless another process of the same
        session did."""
        row = (time.time(), json.dumps(about, ensure_ascii=False), token)
        statement = "INSERT OR IGNORE INTO runs (started, about, token) VALUES (?, ?, ?)"
        self._store.write(statement, [row])
        return int(self._store.rows("SELECT id FROM runs WHERE token = ?", (token,))[0][0])

    def add(self, run: int, adapter: str, facts: CaseFacts, trials: Sequence[NewTrial]) -> None:
        """Keep a case with its trials."""
        place = (run, adapter, facts.suite, facts.case)
        kept = [
            (*place, trial.number, trial.judgement.passed, trial.extra, *self._keep(facts, trial))
            for trial in trials
        ]
        self._store.write(
            "INSERT OR REPLACE INTO cases VALUES (?, ?, ?, ?, ?)",
            [(*place, json.dumps(asdict(facts)))],
        )
        self._store.write("INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", kept)

    def _keep(self, facts: CaseFacts, trial: NewTrial) -> tuple[str, str]:
        """Keys of replies and judgement, both kept once however many runs have them."""
        replies = [asdict(reply) for reply in trial.replies]
        texts = [(reply.text, reply.finish_reason) for reply in trial.replies]
        texts_key = digest_json(replies)
        rules = worded_digest(facts.rules, facts.wordings, trial.number)
        known = judgement_key(rules, texts) or digest_json([texts_key, time.time()])
        judgement = json.dumps(asdict(trial.judgement), ensure_ascii=False)
        self._store.write(
            "INSERT OR IGNORE INTO texts VALUES (?, ?)",
            [(texts_key, json.dumps(replies, ensure_ascii=False))],
        )
        self._store.write("INSERT OR IGNORE INTO judgements VALUES (?, ?)", [(known, judgement)])
        return texts_key, known

    def end(self, run: int, exit_status: int) -> None:
        """Close a run; one that was killed stays without an end. Of several processes the
        gravest status counts."""
        self._store.write(
            "UPDATE runs SET finished = ?, exit_status = max(coalesce(exit_status, 0), ?)"
            " WHERE id = ?",
            [(time.time(), exit_status, run)],
        )

    def decide(self, run: int, exit_status: int, gates: Mapping[str, Any]) -> None:
        """Keep how the run ended: its exit status, and the decision for each character."""
        self._store.write(
            "UPDATE runs SET exit_status = ?, gate = ? WHERE id = ?",
            [(exit_status, json.dumps(gates, ensure_ascii=False), run)],
        )

    def all(self) -> list[Run]:
        """Every run, oldest first."""
        return self._runs("ORDER BY id")

    def get(self, number: int) -> Run:
        """A run by its number. Raises StoreError when there is none."""
        found = self._runs("WHERE id = ?", (number,)) if number < 2**63 else []
        if not found:
            have = ", ".join(str(run.number) for run in self.all()[-10:]) or "none"
            raise StoreError(f"{self._store.path} holds no run {number}; the last are: {have}")
        return found[0]

    def _runs(self, what: str, values: Sequence[Any] = ()) -> list[Run]:
        query = f"SELECT id, started, finished, exit_status, about, gate FROM runs {what}"
        rows = self._store.rows(query, values)
        return [
            Run(number, started, ended, status, json.loads(about), json.loads(gate or "null"))
            for number, started, ended, status, about, gate in rows
        ]

    def cases(self, run: int, adapter: str) -> list[CaseFacts]:
        """The cases of a run, in the order of their suites."""
        query = "SELECT facts FROM cases WHERE run = ? AND adapter = ?"
        return [_facts(json.loads(text)) for (text,) in self._store.rows(query, (run, adapter))]

    def trials(self, run: int, adapter: str) -> list[PastTrial]:
        """All trials of a run, by suite, case and number."""
        return self._trials("WHERE run = ? AND adapter = ?", (run, adapter))

    def latest(self) -> Iterator[PastTrial]:
        """The trials of each case in the last run that had it, with their replies."""
        last = (
            "AS one WHERE run = (SELECT max(run) FROM trials AS other WHERE other.adapter ="
            " one.adapter AND other.suite = one.suite AND other.case_id = one.case_id)"
        )
        trials = self._trials(last)
        replies = self.replies(trials)
        return (replace(trial, replies=replies[trial.texts]) for trial in trials)

    def _trials(self, what: str, values: Sequence[Any] = ()) -> list[PastTrial]:
        query = (
            "SELECT suite, case_id, adapter, trial, passed, extra, texts FROM trials "
            f"{what} ORDER BY suite, case_id, adapter, trial"
        )
        return [
            PastTrial(
                suite, case, adapter, number, None if passed is None else bool(passed),
                bool(extra), texts,
            )
            for suite, case, adapter, number, passed, extra, texts in self._store.rows(query, values)
        ]  # fmt: skip

    def replies(self, trials: Iterable[PastTrial]) -> dict[str, tuple[ReplyText, ...]]:
        """What was answered in these trials, by ``PastTrial.texts``: text and finish reason of
        each generated turn."""
        keys = list({trial.texts for trial in trials})
        rows = self._store.rows_in("SELECT key, replies FROM texts WHERE key IN", keys)
        return {key: _replies(json.loads(text)) for key, text in rows}

    def judgements(self, run: int, adapter: str, suite: str, case: str) -> list[dict[str, Any]]:
        """The judgements of a case's trials, as they were made."""
        query = (
            "SELECT j.judgement FROM trials t JOIN judgements j ON j.key = t.judgement WHERE"
            " t.run = ? AND t.adapter = ? AND t.suite = ? AND t.case_id = ? ORDER BY t.trial"
        )
        return [
            json.loads(text) for (text,) in self._store.rows(query, (run, adapter, suite, case))
        ]


def _replies(data: Sequence[Mapping[str, Any]]) -> tuple[ReplyText, ...]:
    return tuple((reply["text"], reply["finish_reason"]) for reply in data)


def _facts(data: Mapping[str, Any]) -> CaseFacts:
    lists = {key: tuple(data.get(key, ())) for key in ("expectations", "wordings")}
    return CaseFacts(**{**data, **lists, "drift": DriftPlan.from_json(data.get("drift"))})
