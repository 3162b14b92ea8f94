"""Invented characters, and one call to judge a reply by one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from persona_eval.models.base import Message
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Turn

CARDS = Path(__file__).with_name("characters.yaml")


@pytest.fixture(scope="session")
def characters() -> Mapping[str, dict[str, Any]]:
    """Each character's ``card``, replies it ``said`` and ``plain`` ones, by key."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(CARDS.read_text("utf-8"))
    return {
        key: entry | {"card": Persona.model_validate(entry["card"])}
        for key, entry in loaded.items()
    }


@pytest.fixture(scope="session")
def exchange(characters: Mapping[str, dict[str, Any]]) -> Callable[..., Exchange]:
    """``exchange(character or card, prompt, reply, never=())``."""

    def make(who: str | Persona, prompt: str, reply: str, never: tuple[str, ...] = ()) -> Exchange:
        persona = who if isinstance(who, Persona) else characters[who]["card"]
        case = Case(id="x", category="dont_know", turns=(Turn(user=prompt),), never=never)
        return Exchange(persona, case, (Message("user", prompt),), reply)

    return make


@pytest.fixture(scope="session")
def judge(exchange: Callable[..., Exchange]) -> Callable[..., Score]:
    """``judge(scorer, character or card, prompt, reply, never=())``."""

    def score(
        scorer: Scorer, who: str | Persona, prompt: str, reply: str, never: tuple[str, ...] = ()
    ) -> Score:
        return scorer.judge(exchange(who, prompt, reply, never))

    return score
