"""Replies of training data, each with what it answers."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from persona_eval.lint.findings import Example
from persona_eval.models.base import Message
from persona_eval.scorers.base import Exchange, Tools
from persona_eval.scorers.wording import quote
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Turn
from persona_eval.text import words
from persona_eval.training.corpus import Conversation

Words = tuple[str, ...]
_NOTHING = Tools()


@dataclass(frozen=True, eq=False)
class Spoken:
    """A message of a conversation. ``index`` counts all its messages."""

    source: Conversation
    index: int

    @property
    def message(self) -> Message:
        return self.source.messages[self.index]

    @property
    def text(self) -> str:
        return self.message.content

    @property
    def prompt(self) -> str:
        """The user turn that comes before a reply; empty where none does."""
        before = self.source.messages[self.index - 1] if self.index else None
        return before.content if before and before.role == "user" else ""

    @cached_property
    def words(self) -> Words:
        """Case-folded words."""
        return folded_words(self.text)

    def example(self, told: str = "") -> Example:
        """The place, with what is to be said of it; by default the text."""
        return Example(self.source.path, self.source.line, told or quote(self.text, 80))

    def exchange(self, persona: Persona, tools: Tools = _NOTHING) -> Exchange:
        """The reply as scorers judge it: without tools, by rules alone."""
        case = Case(id="data", category="in_character", turns=(Turn(user=self.prompt or "-"),))
        messages = self.source.messages[: self.index] or (Message("user", "-"),)
        return Exchange(persona, case, messages, self.text, tools=tools)


def folded_words(text: str) -> Words:
    """Words of a text, without case and marks."""
    return tuple(word.casefold() for word in words(text))


def said_by(role: str, conversations: Iterable[Conversation]) -> list[Spoken]:
    """All messages of a role, in order."""
    return [
        Spoken(conversation, index)
        for conversation in conversations
        for index, message in enumerate(conversation.messages)
        if message.role == role
    ]


def drawn(replies: Sequence[Spoken], most: int, seed: int) -> list[Spoken]:
    """All of them, or a seeded sample of so many, in order."""
    if len(replies) <= most:
        return list(replies)
    places = random.Random(seed).sample(range(len(replies)), most)
    return [replies[place] for place in sorted(places)]


def examples(found: Iterable[Spoken]) -> tuple[Example, ...]:
    """All of them, as they are."""
    return tuple(each.example() for each in found)
