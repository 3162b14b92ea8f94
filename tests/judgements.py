"""A registry in which every behaviour passes, and cases to plan and judge with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from exchanges import case, expectation

from persona_eval.scorers import rules, similarity
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.registry import Registry
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Turn

BEHAVIOUR = (
    *("stays_in_character", "in_voice", "coherent", "agrees_with_card", "relevant", "answers"),
    *("admits_not_knowing", "asks_to_clarify", "stays_in_own_world", "simple_register"),
    *("complies", "deflects", "points_to_adult"),
)


def passing(named: str) -> type[Scorer]:
    """A scorer of that name that passes whatever comes."""

    class Passes(Scorer):
        name: ClassVar[str] = named

        def judge(self, exchange: Exchange) -> Score:
            return Score(True, "as always", 1)

    return Passes


class Odd(Scorer):
    """Returns what it was given, whatever that is."""

    name: ClassVar[str] = "odd"

    returns: Any = None

    def judge(self, exchange: Exchange) -> Score:
        if isinstance(self.returns, Exception):
            raise self.returns
        return self.returns  # type: ignore[no-any-return]

    def texts(self, exchange: Exchange) -> Iterable[str]:
        if self.returns is not None:
            raise RuntimeError("no texts")
        return [exchange.reply, "more"]


REGISTRY = Registry([*rules.SCORERS, *similarity.SCORERS, *map(passing, BEHAVIOUR), Odd])
CARD = Persona(name="Ned", age=40)

CONVERSATION = case(
    "clarify",
    turns=(
        Turn(user="Do it!", judge=True),
        Turn(user="This?", assistant="Mm."),
        Turn(user="The game!", expect=(expectation("contains", "game"),)),
        Turn(user="And now?"),
    ),
    expect=(expectation("contains", "now"),),
    never=("Paris",),
)


def bare(*written: Any, **fields: Any) -> Case:
    """A case without its pack."""
    return case(pack=False, expect=written, **fields)
