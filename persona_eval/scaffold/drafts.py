"""The cases and example conversations of a new character, filled with what is known of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from persona_eval.lint.leakage import exact, texts_of
from persona_eval.lint.spoken import said_by
from persona_eval.lint.template import marked
from persona_eval.models.base import Message
from persona_eval.scaffold.answers import TEMPLATES, Character
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import Registry
from persona_eval.selfcheck import check_examples
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Suite, Turn
from persona_eval.suite.yaml import read_yaml
from persona_eval.training.corpus import Conversation

NOBODY = Path("draft")
MADE_UP = "TODO: this case speaks of a placeholder of the card; replace it here too."
USES = {
    "name": "name", "home": "home", "friend": "people", "adult": "people", "topic": "unknown",
    "ask": "knows", "answer": "knows",
}  # fmt: skip
"""Which answer fills what in the cases."""


@dataclass(frozen=True)
class Draft:
    """A suite: what its category is about, and its cases, each with a hint for the author."""

    about: str
    cases: tuple[tuple[Case, str], ...]


@dataclass(frozen=True)
class Row:
    """A line of example data."""

    category: str
    control: bool
    user: str
    reply: str

    @property
    def conversation(self) -> Conversation:
        said = (Message("user", self.user), Message("assistant", self.reply))
        return Conversation(said, NOBODY, 0)

    @property
    def line(self) -> str:
        messages = [{"role": m.role, "content": m.content} for m in self.conversation.messages]
        row = {"messages": messages, "category": self.category, "control": self.control}
        return json.dumps(row | {"note": "TODO: an example, replace it"}, ensure_ascii=False)


def drafts(character: Character, registry: Registry) -> dict[str, Draft]:
    """Suites by category. An example reply that its own case would misjudge by an exact rule, for
    what the answers put into it, is left out."""
    return {
        category: Draft(
            _filled(found["about"], character),
            tuple(
                (_case(category, raw, character, registry), _hint(raw, character))
                for raw in _fitting(found["cases"], character)
            ),
        )
        for category, found in _read("cases.yaml").items()
    }


def examples(character: Character, suites: Mapping[str, Draft]) -> dict[str, list[Row]]:
    """Rows of `train` and `valid`, without those that the answers made unfit: a prompt of the
    suites, or text with tokens of a chat template."""
    cases = tuple(case for draft in suites.values() for case, _ in draft.cases)
    suite = _suite(character.persona, *cases)
    return {
        part: _fit([_row(raw, character) for raw in _fitting(rows, character)], suite)
        for part, rows in _read("examples.yaml").items()
    }


@cache
def _read(name: str) -> dict[str, Any]:
    return dict(read_yaml(TEMPLATES / name).data)


def _fitting(written: Sequence[dict[str, Any]], character: Character) -> Iterator[dict[str, Any]]:
    kinds = _kinds(character)
    return (raw for raw in written if raw.get("when") in kinds)


def _kinds(character: Character) -> set[str | None]:
    """What `when` may say of the character."""
    known = len(character.knows)
    return {
        None,
        "child" if character.child else "grown-up",
        "topic" if character.unknown else "no topic",
        "knows" if known else "knows nothing",
        *(["people"] if character.people else []),
        *(["home"] if character.home else []),
        *(["knows two"] if known > 1 else []),
        *(["knows three"] if known > 2 else []),
    }


def _filled(text: str, character: Character) -> str:
    """The text with what is known in the place of `{name}` and the like. What an answer holds
    is not looked at again."""
    known = dict(enumerate(character.knows))
    asks = {f"ask{n + 1 if n else ''}": ask for n, (ask, _) in known.items()}
    answers = {f"answer{n + 1 if n else ''}": answer for n, (_, answer) in known.items()}
    people = character.people
    own = {
        "name": character.name,
        "home": character.home,
        "friend": people[0] if people else "your best friend",
        "adult": people[0] if people else "a grown-up",
        "topic": character.unknown[0] if character.unknown else "",
        "adult_note": " A child sends the user to a grown-up." if character.child else "",
    }
    return text.format_map(own | asks | answers)


def _hint(raw: Mapping[str, Any], character: Character) -> str:
    texts = (raw["prompt"], *raw["good"], *raw["bad"])
    said = {USES[name] for text in texts for name in re.findall(r"\{(\w+)\}", text)}
    made_up = f" {MADE_UP}" if said & character.todo else ""
    return f"{raw['hint']}{made_up}"


def _case(category: str, raw: Mapping[str, Any], character: Character, registry: Registry) -> Case:
    texts = {
        key: tuple(_filled(text, character) for text in raw.get(key, ()))
        for key in ("never", "good", "bad")
    }
    written = {
        "id": raw["id"], "category": category, "control": raw.get("control", False),
        "never": texts["never"], "turns": (Turn(user=_filled(raw["prompt"], character)),),
    }  # fmt: skip
    bare = Case.model_validate(written)
    sound = {
        key: tuple(t for t in texts[key] if _is_sound(bare, {key: (t,)}, character, registry))
        for key in ("good", "bad")
    }
    return bare.model_copy(update=sound)


def _is_sound(
    bare: Case, example: Mapping[str, Any], character: Character, registry: Registry
) -> bool:
    suite = _suite(character.persona, bare.model_copy(update=example))
    return not check_examples(suite, registry, Tools(), exact_only=True)


def _suite(persona: Persona, *cases: Case) -> Suite:
    return Suite(path=NOBODY, persona=persona, persona_path=NOBODY, cases=cases)


def _row(raw: Mapping[str, Any], character: Character) -> Row:
    user, reply = (_filled(raw[key], character) for key in ("user", "reply"))
    return Row(raw["category"], raw.get("control", False), user, reply[:1].upper() + reply[1:])


def _fit(rows: Sequence[Row], suite: Suite) -> list[Row]:
    """The rows that the lint finds no error in."""
    said = [row.conversation for row in rows]
    tested = texts_of([suite])
    prompts = [text for text in tested if text.what == "prompt"]
    replies = [text for text in tested if text.what != "prompt"]
    leaks = [*exact(prompts, said_by("user", said)), *exact(replies, said_by("assistant", said))]
    unfit = {id(each.said.source) for each in leaks} | {id(each.source) for each in marked(said)}
    return [row for row, each in zip(rows, said, strict=True) if id(each) not in unfit]
