"""Prompts that fit any character, by what they are a case of. They come from the packaged labelled
replies, without those that speak of a voice's own world; every fourth turn was written besides."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from persona_eval.lint.coverage import Label

FILE = "prompts.jsonl"


@dataclass(frozen=True)
class Prompt:
    """What a user says, turn by turn."""

    category: str
    control: bool
    turns: tuple[str, ...]

    @property
    def label(self) -> Label:
        return self.category, self.control


@cache
def prompts() -> tuple[Prompt, ...]:
    """All of them."""
    text = (resources.files("persona_eval.gaps") / FILE).read_text("utf-8")
    rows = map(json.loads, filter(None, text.split("\n")))
    return tuple(Prompt(row["category"], row["control"], tuple(row["turns"])) for row in rows)
