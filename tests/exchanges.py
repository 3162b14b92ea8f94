"""Short ways to a judged reply, and stand-ins for the tools of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from persona_eval.models.base import Message
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Expectation, Turn


def case(category: str = "in_character", prompt: str = "Hello!", **fields: Any) -> Case:
    """A case of one turn, unless ``turns`` says otherwise."""
    fields.setdefault("turns", (Turn(user=prompt),))
    return Case(id="a-case", category=category, **fields)


def exchange(
    reply: str, case_: Case | None = None, tools: Tools | None = None, **fields: Any
) -> Exchange:
    """A reply to the first turn of a case."""
    judged = case_ or case()
    messages = (Message("user", judged.turns[0].user),)
    persona = fields.pop("persona", Persona(name="Ned"))
    return Exchange(persona, judged, messages, reply, tools=tools or Tools(), **fields)


def expectation(name: str, argument: Any = None, *children: Expectation) -> Expectation:
    return Expectation(name=name, argument=argument, children=children)


def judge(
    scorers: Sequence[type[Scorer]], name: str, argument: Any, reply: str, **fields: Any
) -> Score:
    """Judge a reply by an expectation as written."""
    scorer = Registry(scorers).build(expectation(name, argument))
    return scorer.judge(exchange(reply, **fields))


class Letters:
    """An embedder that counts letters: texts with the same letters are near."""

    name = "letters"

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        self.asked.append(list(texts))
        counts = [[text.lower().count(chr(97 + i)) + 1e-3 for i in range(26)] for text in texts]
        rows = np.array(counts, dtype=np.float32).reshape(len(texts), 26)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
