"""An author's own labels: which replies of the character pass, by the author's reading."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from persona_eval.errors import DataError, Problem
from persona_eval.history import PastTrial
from persona_eval.identity import place_of
from persona_eval.models.base import FinishReason, Message
from persona_eval.suite.models import Case, Suite
from persona_eval.trials import conversation

FILE = "labels.jsonl"
"""Beside the card."""
Verdict = Literal["pass", "fail"]
VERDICTS: dict[str, Verdict] = {
    "pass": "pass", "y": "pass", "yes": "pass", "1": "pass", "+": "pass", "👍": "pass",
    "fail": "fail", "n": "fail", "no": "fail", "0": "fail", "-": "fail", "👎": "fail",
}  # fmt: skip
"""What may be written for a label, letters' case aside."""


@dataclass(frozen=True)
class Candidate:
    """A reply that may be labelled: the one that its case's own expectations judge."""

    suite: Suite
    case: Case
    messages: tuple[Message, ...]
    reply: str
    finish_reason: FinishReason

    @property
    def key(self) -> tuple[str, str, str]:
        """Suite, case and reply: what tells candidates apart."""
        return place_of(self.suite.path), self.case.id, self.reply


@dataclass(frozen=True)
class Label:
    """A labelled reply, whole: it needs neither the store nor the suite to be read."""

    suite: str
    case: str
    messages: tuple[Message, ...]
    reply: str
    finish_reason: FinishReason
    verdict: Verdict

    @property
    def key(self) -> tuple[str, str, str]:
        return self.suite, self.case, self.reply

    @classmethod
    def of(cls, candidate: Candidate, verdict: Verdict) -> Label:
        suite, case, reply = candidate.key
        return cls(suite, case, candidate.messages, reply, candidate.finish_reason, verdict)


def candidates(suites: Iterable[Suite], past: Iterable[PastTrial]) -> Iterator[Candidate]:
    """The judged replies of stored trials whose case is still there, each text of a case once."""
    known = {place_of(suite.path): suite for suite in suites}
    seen: set[tuple[str, str, str]] = set()
    for trial in past:
        found = _candidate(known.get(trial.suite), trial)
        if found and found.key not in seen:
            seen.add(found.key)
            yield found


def _candidate(suite: Suite | None, trial: PastTrial) -> Candidate | None:
    """None where the case is gone, or its turns are others than those that were answered."""
    case = next((c for c in suite.cases if c.id == trial.case), None) if suite else None
    if suite is None or case is None or len(trial.replies) != len(case.generated_turns):
        return None
    if case.judged_turn not in case.generated_turns:
        return None
    texts = [text for text, _ in trial.replies]
    reply, reason = trial.replies[case.generated_turns.index(case.judged_turn)]
    asked = case.worded(trial.number)
    messages = conversation(asked, suite.persona, case.judged_turn, texts)
    return Candidate(suite, case, messages, reply, reason)


def read_labels(path: Path) -> list[Label]:
    """Labels of a file; the last one of a reply counts. None where there is no file. Raises
    DataError with the lines that cannot be read."""
    if not path.is_file():
        return []
    found: dict[tuple[str, str, str], Label] = {}
    problems = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
        if line.strip():
            try:
                label = _label(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                problems.append(Problem(path, number, 1, "", f"is no label: {_why(error)}"))
            else:
                found[label.key] = label
    if problems:
        raise DataError(problems)
    return list(found.values())


def append_label(path: Path, label: Label) -> None:
    """Add a label; on disk when this returns."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(_plain(label), ensure_ascii=False) + "\n")


def verdict_of(text: str) -> Verdict | None:
    """What a word or sign stands for; None for anything else."""
    return VERDICTS.get(text.strip().casefold())


def open_ones(found: Sequence[Candidate], labels: Iterable[Label]) -> list[Candidate]:
    """The candidates without a label, one of each category in turn."""
    known = {label.key for label in labels}
    left = [candidate for candidate in found if candidate.key not in known]
    order: dict[tuple[str, bool], int] = {}
    ranked = []
    for candidate in left:
        group = (candidate.case.category, candidate.case.control)
        order[group] = order.get(group, -1) + 1
        ranked.append((order[group], candidate))
    return [candidate for _, candidate in sorted(ranked, key=lambda pair: pair[0])]


def _label(data: dict[str, Any]) -> Label:
    verdict = verdict_of(data["label"])
    if verdict is None:
        raise ValueError(f"label {data['label']!r} is neither pass nor fail")
    messages = tuple(Message(turn["role"], turn["content"]) for turn in data["conversation"])
    reason = data.get("finish_reason", "stop")
    return Label(data["suite"], data["case"], messages, data["reply"], reason, verdict)


def _why(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _plain(label: Label) -> dict[str, Any]:
    return {
        "suite": label.suite,
        "case": label.case,
        "conversation": [vars(message) for message in label.messages],
        "reply": label.reply,
        "finish_reason": label.finish_reason,
        "label": label.verdict,
    }
