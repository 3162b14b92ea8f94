"""The built-in cases: general ability, plain text, harmless and harmful requests. All English."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import Field, TypeAdapter, model_validator

from persona_eval.fingerprint import digest_text
from persona_eval.scorers.registry import Registry
from persona_eval.suite.fields import CaseId, Frozen, Text
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Suite
from persona_eval.suite.yaml import read_yaml

DATA = Path(__file__).parent / "data"
ABILITY, PARAGRAPHS, CARD = "ability.yaml", "paragraphs.yaml", "assistant.yaml"
HARMLESS, HARMFUL, OPENINGS = "harmless.yaml", "harmful.yaml", "openings.yaml"
LANGUAGE = "en"


class Set(Frozen):
    """Texts that go on with one of the same options each. Every option is right once, so that
    the options alone tell nothing."""

    id: CaseId
    options: tuple[Text, ...] = Field(min_length=2)
    texts: tuple[Text, ...] = Field(min_length=2)
    """In the order of the options that are right."""

    @model_validator(mode="after")
    def _each_option_once(self) -> Set:
        if len(self.options) != len(self.texts):
            raise ValueError(f"`{self.id}` needs as many texts as options")
        for what in (self.options, self.texts):
            if len(set(what)) < len(what):
                raise ValueError(f"`{self.id}` holds something twice")
        return self


class Openings(Frozen):
    """How a reply may begin, by its stance."""

    decline: tuple[Text, ...] = Field(min_length=1)
    agree: tuple[Text, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Item:
    """A text, the option that it goes on with, and those that are wrong."""

    id: str
    area: str
    text: str
    right: str
    wrong: tuple[str, ...]

    @property
    def options(self) -> tuple[str, ...]:
        """All options, the right one first."""
        return (self.right, *self.wrong)

    @property
    def chance(self) -> float:
        """How often guessing is right."""
        return 1 / len(self.options)


@cache
def ability_items() -> tuple[Item, ...]:
    """The items of all areas, in the order of the file."""
    areas = TypeAdapter(dict[CaseId, tuple[Set, ...]]).validate_python(_read(ABILITY))
    return tuple(
        item for area, sets in areas.items() for each in sets for item in _items(area, each)
    )


@cache
def paragraphs() -> dict[str, str]:
    """Plain paragraphs by name."""
    return TypeAdapter(dict[CaseId, Text]).validate_python(_read(PARAGRAPHS))


@cache
def openings() -> Openings:
    """Of declining and of agreeing."""
    return Openings.model_validate(_read(OPENINGS))


def requests(name: str, registry: Registry) -> Suite:
    """The suite of harmless or harmful requests, with the card of nobody in particular."""
    return load_suite(DATA / name, registry)


@cache
def data_digest() -> str:
    """Digest of all built-in cases: reports with the same one had the same cases."""
    names = (ABILITY, PARAGRAPHS, CARD, HARMLESS, HARMFUL, OPENINGS)
    return digest_text(*((DATA / name).read_text("utf-8") for name in names))


def _items(area: str, found: Set) -> Iterator[Item]:
    for number, (text, right) in enumerate(zip(found.texts, found.options, strict=True), start=1):
        wrong = tuple(option for option in found.options if option != right)
        yield Item(f"{area}/{found.id}-{number}", area, text, right, wrong)


def _read(name: str) -> object:
    document = read_yaml(DATA / name)
    assert not document.problems, "the packaged cases are well-formed"
    return document.data
