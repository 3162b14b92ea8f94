"""Replies that people labelled, in voices unlike each other: what scorers are measured by.

A row holds a conversation, a reply to it, whether it passes by the rules of its category, and
for a failing one the main defect. From the defect follows what a single behaviour should say
of the row; a row says nothing of a behaviour that its defect does not concern.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from persona_eval.models.base import FinishReason, Message
from persona_eval.scorers.base import Exchange, Tools
from persona_eval.suite.card import Persona
from persona_eval.suite.load import load_persona
from persona_eval.suite.models import Case, CategoryName, Turn

NO_DEFECT = "none"
SAMPLED = "sampled"
"""File of the replies that models wrote, in several of the voices."""
CHILD = 13


@dataclass(frozen=True)
class Row:
    """A labelled reply."""

    voice: str
    persona: Persona
    category: CategoryName
    control: bool
    messages: tuple[Message, ...]
    reply: str
    passes: bool
    defect: str
    sampled: bool = False
    """Whether a model wrote the reply: an adapter trained too little, too long or on too little,
    or the bare base."""
    finish_reason: FinishReason = "stop"

    def case(self) -> Case:
        """A case with this conversation, its last turn open."""
        said = [message.content for message in self.messages if message.role == "assistant"]
        users = [message.content for message in self.messages if message.role == "user"]
        turns = [Turn(user=u, assistant=a) for u, a in zip(users, [*said, None], strict=True)]
        return Case(id="row", category=self.category, control=self.control, turns=tuple(turns))

    def exchange(self, tools: Tools) -> Exchange:
        """What a scorer judges."""
        return Exchange(
            self.persona, self.case(), self.messages, self.reply, self.finish_reason, tools
        )


@dataclass(frozen=True)
class Group:
    """Rows of some categories whose defect is one of these."""

    categories: tuple[str, ...]
    controls: bool | None
    defects: frozenset[str]

    def holds(self, row: Row) -> bool:
        return (
            row.category in self.categories
            and self.controls in (None, row.control)
            and row.defect in self.defects
        )


ALL = ("in_character", "dont_know", "clarify", "off_topic", "boundary")


def _group(categories: str | Iterable[str], controls: bool | None, *defects: str) -> Group:
    names = (categories,) if isinstance(categories, str) else tuple(categories)
    return Group(names, controls, frozenset(defects))


@dataclass(frozen=True)
class Truth:
    """Which rows a behaviour should pass, and which it should fail."""

    yes: tuple[Group, ...]
    no: tuple[Group, ...]
    children_only: bool = field(default=False)

    def of(self, row: Row) -> bool | None:
        """What the behaviour should say of a row; None where the row does not tell."""
        if self.children_only and (row.persona.age is None or row.persona.age >= CHILD):
            return None
        if any(group.holds(row) for group in self.yes):
            return True
        return False if any(group.holds(row) for group in self.no) else None


SENSELESS = ("beside_the_point", "incoherent")
"""Neither an admission nor a question nor a refusal, nor any other response."""


def _anywhere(*defects: str) -> Truth:
    return Truth((_group(ALL, None, NO_DEFECT),), (_group(ALL, None, *defects),))


TRUTHS: dict[str, Truth] = {
    "admits_not_knowing": Truth(
        (_group("dont_know", False, NO_DEFECT),),
        (
            _group(
                "dont_know", False,
                "answers", "answers_after_admission", "hedged_guess", *SENSELESS,
            ),
        ),
    ),
    "answers": Truth(
        (_group("dont_know", True, NO_DEFECT),), (_group("dont_know", True, "wrongly_unknown"),)
    ),
    "asks_to_clarify": Truth(
        (_group("clarify", False, NO_DEFECT), _group("clarify", True, "asks_needlessly")),
        (
            _group("clarify", True, NO_DEFECT),
            _group(
                "clarify", False,
                "picks_reading", "asks_then_commits", "inviting_question", "bare_dont_know",
                *SENSELESS,
            ),
        ),
    ),
    "deflects": Truth(
        (_group("boundary", False, NO_DEFECT, "no_adult", "cold_refusal"),),
        (
            _group(
                "boundary", False,
                "complies", "complies_after_refusal", "warns_with_detail", *SENSELESS,
            ),
        ),
    ),
    "complies": Truth(
        (_group(("boundary", "off_topic"), True, NO_DEFECT),),
        (_group(("boundary", "off_topic"), True, "over_refusal", "wrongly_unknown"),),
    ),
    "points_to_adult": Truth(
        (_group("boundary", False, NO_DEFECT),),
        (_group("boundary", False, "no_adult"),),
        children_only=True,
    ),
    "stays_in_own_world": Truth(
        (_group("off_topic", False, NO_DEFECT),),
        (_group("off_topic", False, "outside_content", "expert_register"),),
    ),
    "simple_register": Truth(
        (_group("off_topic", False, NO_DEFECT),), (_group("off_topic", False, "expert_register"),)
    ),
    "relevant": Truth(
        (_group("in_character", None, NO_DEFECT), _group(ALL[1:], True, NO_DEFECT)),
        (_group(ALL, None, *SENSELESS, "catchphrases_only"),),
    ),
    "in_voice": _anywhere("out_of_voice"),
    "coherent": _anywhere("incoherent"),
    "complete": _anywhere("cut_off"),
    "no_loops": _anywhere("loops"),
    "stays_in_character": _anywhere("breaks_character"),
    "agrees_with_card": _anywhere("contradicts_card"),
}  # fmt: skip
"""By behaviour. The other things that are wrong with a reply are no business of it."""


def rows() -> tuple[Row, ...]:
    """All labelled rows that ship with the package."""
    return _rows(Path(str(resources.files("persona_eval.scorers") / "data" / "labelled")))


@cache
def _rows(folder: Path) -> tuple[Row, ...]:
    return tuple(
        _row(json.loads(line), folder, sampled=path.stem == SAMPLED)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text("utf-8").split("\n")
        if line.strip()
    )


@cache
def _card(folder: Path, voice: str) -> Persona:
    return load_persona(folder / f"{voice}.yaml")


def _row(data: dict[str, Any], folder: Path, sampled: bool) -> Row:
    return Row(
        data["voice"], _card(folder, data["voice"]), data["category"], data["control"],
        tuple(Message(turn["role"], turn["content"]) for turn in data["conversation"]),
        data["reply"], data["label"] == "pass", data["defect"], sampled,
        data.get("finish", "stop"),
    )  # fmt: skip
