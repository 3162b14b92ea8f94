"""Tried cases, an embedder by words, and stored runs: for what looks for gaps in training data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from lint_data import CARD

from persona_eval.gaps.tried import Looked, Tried
from persona_eval.history import NewTrial, Run, Runs
from persona_eval.identity import digest_of, place_of
from persona_eval.judge import Judge, code_digest
from persona_eval.models.base import Message, Reply
from persona_eval.results import CaseResult, Design
from persona_eval.scorers.base import Tools
from persona_eval.scorers.lexicon import content
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.standings import facts_of
from persona_eval.store import Store
from persona_eval.suite.card import Persona
from persona_eval.suite.fields import Band
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, Suite, Turn
from persona_eval.training.corpus import Conversation

SIZE = 512
PATH = Path("suites/nib/a.suite.yaml")


class WordBag:
    """Embeds a text by its content words: the share of words in common is the nearness."""

    name = "word bag"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        rows = np.full((len(texts), SIZE), 1e-6, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in content(text):
                row[int(hashlib.md5(word.encode()).hexdigest(), 16) % SIZE] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


TOOLS = Tools(embedder=WordBag())
"""Without a reader: the scorers' rules judge alone."""


def suite(*cases: Case, card: Persona = CARD, path: Path = PATH) -> Suite:
    return Suite(path=path, persona=card, persona_path=path.parent / "persona.yaml", cases=cases)


def case(
    name: str, *said: str, category: str = "dont_know", control: bool = False, **fields: Any
) -> Case:
    """A case of these user turns."""
    turns = tuple(Turn(user=text) for text in said)
    return Case(id=name, category=category, control=control, turns=turns, **fields)


def tried(
    name: str,
    *said: str,
    passed: bool = False,
    replies: Sequence[str] = ("Mm.",),
    band: tuple[float | None, float | None] | None = None,
    **fields: Any,
) -> Tried:
    """A case that passed or failed all of its trials."""
    made = case(name, *said, **fields)
    outcomes = (passed,) * len(replies)
    result = CaseResult(
        place_of(PATH), name, made.category, made.control, outcomes, Design(1, len(replies), 1.0)
    )
    limits = Band(min=band[0], max=band[1]) if band else None
    missed = () if passed else (("admits_not_knowing", len(replies)),)
    return Tried(suite(made), made, result, tuple(replies), missed, limits)


def looked(*cases: Tried, adapter: str = "nib", number: int = 3) -> Looked:
    """A run of these cases."""
    run = Run(number, 0.0, 1.0, 1, {"adapters": {adapter: {}}}, None)
    return Looked(run, adapter, tuple(cases), 0, 0)


def talk(*said: str, line: int = 1) -> Conversation:
    """User and assistant in turn."""
    roles = ("user", "assistant")
    messages = tuple(Message(roles[n % 2], text) for n, text in enumerate(said))  # type: ignore[arg-type]
    return Conversation(messages, Path("data/train.jsonl"), line)


NONE: Mapping[str, Any] = MappingProxyType({})


def store_run(
    replies: Mapping[str, Sequence[str]],
    adapter: str = "nib",
    root: Path = Path("suites"),
    known: Mapping[str, Any] = NONE,
) -> int:
    """Keep a run in the working folder's store: the replies to each case by its id, judged as in
    a run without an embedder. ``known`` is what is written down about the adapter."""
    store = Store(Path(".persona_eval/store.sqlite"))
    registry = default_registry()
    suites = [load_suite(path, registry) for path in sorted(root.rglob("*.suite.yaml"))]
    runs = Runs(store)
    number = runs.begin(f"{adapter} {len(runs.all())}", _about(suites, adapter, known))
    for one in suites:
        for each in one.cases:
            if each.id in replies:
                _add(runs, number, adapter, one, each, replies[each.id], registry)
    runs.end(number, 1)
    store.close()
    return number


def _about(suites: Sequence[Suite], adapter: str, known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "model": {"name": "scripted", "fingerprint": "f" * 64},
        "engine": "scripted",
        "adapters": {adapter: {"fingerprint": "a" * 64, "folder": None, **known}},
        "suites": {
            place_of(each.path): {
                "path": str(each.path),
                "card": str(each.persona_path),
                "digest": digest_of(each.path, each.persona),
            }
            for each in suites
        },
        "judged_by": {"code": code_digest(), "vectors": [None, None]},
    }


def _add(
    runs: Runs,
    number: int,
    adapter: str,
    suite: Suite,
    case: Case,
    texts: Sequence[str],
    registry: Registry,
) -> None:
    judge = Judge(registry)
    rules = judge.rules(case, suite.persona, Tools())
    turns = len(case.generated_turns)
    trials = [[(text, "stop")] * turns for text in texts]
    judged = judge.judge(rules, trials)  # type: ignore[arg-type]
    kept = [
        NewTrial(n, [Reply(text, "stop", 2, 3, 0.1)] * turns, judgement, False)
        for n, (text, judgement) in enumerate(zip(texts, judged, strict=True))
    ]
    runs.add(number, adapter, facts_of(suite, case, rules), kept)
