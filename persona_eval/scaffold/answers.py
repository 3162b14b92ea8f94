"""What somebody says about a new character, cleaned and complete."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from persona_eval.errors import PersonaEvalError
from persona_eval.judging import GROWN_UP
from persona_eval.suite.card import KnownFact, Persona, Voice
from persona_eval.suite.expand import slug
from persona_eval.suite.yaml import read_yaml
from persona_eval.text import words

TEMPLATES = Path(__file__).parent / "templates"
LONGEST_NAME = 80
"""Characters: the name stands in every second sentence of what is written."""
RESERVED = "base"
"""Means no adapter."""
Texts = tuple[str, ...]


@dataclass(frozen=True)
class Answers:
    """None is a question that was passed over, an empty list an answer: there are none."""

    name: str
    age: float | None = None
    """Years; None for a grown-up."""
    about: str | None = None
    """A sentence on who it is."""
    home: str | None = None
    """Where it lives, as it goes on after “lives”."""
    people: Texts | None = None
    """Whom it trusts."""
    catchphrases: Texts | None = None
    knows: tuple[tuple[str, str], ...] | None = None
    """Questions with their answers."""
    unknown: Texts | None = None
    """Fields that it knows nothing about."""
    samples: Texts | None = None
    """Sentences in its voice."""


@dataclass(frozen=True)
class Character:
    """A character with nothing left open. ``todo`` names what is a placeholder."""

    name: str
    age: float | None
    about: str
    home: str
    people: Texts
    catchphrases: Texts
    knows: tuple[tuple[str, str], ...]
    unknown: Texts
    samples: Texts
    todo: frozenset[str]

    @property
    def child(self) -> bool:
        return self.age is not None and self.age < GROWN_UP

    @property
    def facts(self) -> Texts:
        """Plain sentences for the card."""
        home = (f"{self.name} lives {self.home}.",) if self.home else ()
        trusted = " and ".join(self.people)
        return (*home, f"{self.name} trusts {trusted}.") if trusted else home

    @property
    def persona(self) -> Persona:
        """The card."""
        known = tuple(KnownFact(ask=ask, answer=(answer,)) for ask, answer in self.knows)
        return Persona(
            name=self.name, age=self.age, description=self.about,
            voice=Voice(samples=self.samples, catchphrases=self.catchphrases),
            trusted_adults=self.people, facts=self.facts, knows=known, does_not_know=self.unknown,
        )  # fmt: skip


def character(answers: Answers) -> Character:
    """The answers cleaned, with placeholders for what was passed over. Raises PersonaEvalError
    for what no character can be made of."""
    cleaned = _cleaned(answers)
    given = {key: value for key, value in vars(cleaned).items() if value is not None}
    kind = "child" if cleaned.age is not None and cleaned.age < GROWN_UP else "adult"
    blank = {"age": None} | _placeholders()[kind]
    blank["about"] = blank["about"].format(name=cleaned.name)
    todo = frozenset(blank.keys() - given.keys() - {"age"})
    return Character(**(blank | given), todo=todo)


def clean(text: str) -> str:
    """One line without control characters, half characters and byte order marks."""
    kept = (c for c in text if c.isspace() or not _unwritable(c))
    return " ".join("".join(kept).split())


def age_of(text: str) -> float | None:
    """Years; None for `adult`. Raises PersonaEvalError for anything else."""
    if clean(text).casefold() in ("", "adult", "grown-up"):
        return None
    try:
        age = float(text)
    except ValueError:
        age = math.nan
    if not 0 <= age < 1e9:
        raise PersonaEvalError(f"age: `{clean(text)}` is no number of years; or write `adult`")
    return age


def folder_name(name: str) -> str:
    """What the character's folders, and its adapter, are called: a-z, 0-9 and hyphens."""
    found = slug(name) or "character"
    return f"{found}-character" if found == RESERVED else found


def _unwritable(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cs") or character in "\ufeff\ufffe\uffff"


def _cleaned(answers: Answers) -> Answers:
    texts = {key: _tidy(key, value) for key, value in vars(answers).items() if key != "age"}
    name = texts["name"]
    if not words(name):
        raise PersonaEvalError(f"name: `{name}` holds no letter and no digit: give a name")
    if len(name) > LONGEST_NAME:
        raise PersonaEvalError(
            f"name: has {len(name)} characters, and {LONGEST_NAME} are allowed; a longer one goes "
            "into `aliases:` of the card"
        )
    return replace(answers, **texts)


def _tidy(key: str, value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value and clean(value)
    if key == "knows":
        pairs = [(clean(ask), clean(answer)) for ask, answer in value]
        for ask, answer in pairs:
            if not ask or not answer:
                raise PersonaEvalError(
                    f"knows: “{ask}” = “{answer}”: give a question and an answer"
                )
        return tuple(dict(reversed(pairs)).items())[::-1]
    told = dict.fromkeys(map(clean, value))
    for text in filter(None, told):
        if not words(text):
            raise PersonaEvalError(f"{key}: `{text}` holds no letter and no digit")
    return tuple(filter(None, told))


@cache
def _placeholders() -> dict[str, dict[str, Any]]:
    """What stands for answers that were passed over, of a grown-up and of a child."""
    kinds: dict[str, dict[str, Any]] = read_yaml(TEMPLATES / "placeholders.yaml").data
    return {
        kind: {key: _frozen(key, value) for key, value in found.items()}
        for kind, found in kinds.items()
    }


def _frozen(key: str, value: Any) -> Any:
    if key == "knows":
        return tuple((each["ask"], each["answer"]) for each in value)
    return tuple(value) if isinstance(value, list) else value
