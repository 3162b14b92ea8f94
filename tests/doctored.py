"""Examinations that are made up: what the tests of the doctor's rules share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from persona_eval.doctor.drawing import Drawn
from persona_eval.doctor.ends import Ends
from persona_eval.doctor.examining import SET, Examined
from persona_eval.doctor.prompts import Asked, Prompts
from persona_eval.doctor.reading import LayoutsRead, Read
from persona_eval.doctor.subject import Subject
from persona_eval.models.base import FinishReason, Message, Reply
from persona_eval.models.stops import Seen
from persona_eval.runner import WornAdapter
from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.models import Case, Turn
from persona_eval.training.corpus import Conversation
from persona_eval.training.fingerprint import Sources

CARD = Persona(name="Tully")
WHOLE = "I like the river. It sings to me at night."
LOOP = "I like the river. " * 6
ENDS = Ends({1: "<eos>"}, {}, 1, False, (), {1: 0}, 4096)


def asked(number: int, **settings: Any) -> Asked:
    generation = Generation(**{"repetition_penalty": 1.0, **settings})
    case = Case(id=f"case-{number}", category="in_character", turns=(Turn(user="Hello!"),),
                trials=1, generation=generation)  # fmt: skip
    return Asked(case.id, case, CARD)


def replies(
    *texts: str, cut: bool = False, tokens: int | None = None, **settings: Any
) -> dict[str, Drawn]:
    """Replies under these settings, numbered from 0; the stop token counts."""
    reason: FinishReason = "length" if cut else "stop"
    found = {}
    for number, text in enumerate(texts):
        length = tokens or len(text.split()) + 1
        each = Drawn(asked(number, **settings), Reply(text, reason, length, 4, 0.0))
        found[each.asked.name] = each
    return found


def read(excess: float, stops: Mapping[int, Sequence[float]] | None = None) -> Read:
    """Three tokens that are more surprising than expected by so much."""
    chances = {token: tuple(found) for token, found in (stops or {1: (0, 0, 0, 1)}).items()}
    return Read(Seen((-1.0 - excess,) * 3, (1.0,) * 3, chances), (False, False, False, True))


def reads(
    count: int, excess: float, stops: Mapping[int, Sequence[float]] | None = None
) -> dict[str, Read]:
    """Readings that differ a little."""
    return {f"case-{n}": read(excess + n / 1000, stops) for n in range(count)}


def who(texts: Sequence[str] = (), name: str = "tully") -> Subject:
    path = Path("train.jsonl")
    said = [
        Conversation((Message("user", "Hello!"), Message("assistant", text)), path, line)
        for line, text in enumerate(texts, 1)
    ]
    folder = None if name == "base" else Path(name)
    return Subject(WornAdapter(name, folder, name), None, Sources(said, []) if said else None)


def found(
    drawn: Mapping[str, Mapping[str, Drawn]],
    subject: Subject | None = None,
    ends: Ends | None = None,
    reads: Mapping[str, Mapping[str, Read]] | None = None,
    layouts: LayoutsRead | None = None,
    card: Persona | None = None,
) -> Examined:
    prompts = Prompts("suites", tuple(each.asked for each in drawn[SET].values()))
    return Examined(subject or who(), prompts, card, drawn, ends, reads or {}, (), layouts)
