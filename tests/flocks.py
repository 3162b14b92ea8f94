"""Suites with good and bad replies, and a likelihood that was told how it finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from persona_eval.canaries import Canaries, Reading, Side
from persona_eval.models.base import Message
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Suite, Turn


def case(name: str, category: str = "in_character", **fields: object) -> Case:
    plain = {"turns": (Turn(user="Hi"),), "good": ("Rum!", "Ha, rum!"), "bad": ("Tea.",)}
    return Case.model_validate({"id": name, "category": category, **plain, **fields})


def suite(*cases: Case, persona: Persona | None = None) -> Suite:
    path = Path("rosa/a.suite.yaml")
    return Suite(path=path, persona=persona or Persona(name="Rosa"), persona_path=path, cases=cases)


def flock(*cases: Case) -> Canaries:
    return Canaries.of([suite(*cases)])


def side(adapter: str, *margins: float) -> Side:
    """A side on which the cases have these margins, the bad replies at -3."""
    return Side(adapter, tuple(Reading((m - 3,), (-3.0,), m, m > 0) for m in margins))


@dataclass
class Told:
    """A likelihood that looks figures up, and notes what it is asked."""

    figures: Mapping[str, float]
    asked: list[tuple[tuple[str, ...], tuple[str, ...]]] = field(default_factory=list)

    def mean_logprob(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        self.asked.append((tuple(f"{m.role}: {m.content}" for m in messages), tuple(replies)))
        return [self.figures[reply] for reply in replies]
