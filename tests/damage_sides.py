"""Two sides of a damage report, made up: what its tests share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from persona_eval.damage.answering import TOGETHER, Answered
from persona_eval.damage.cases import HARMFUL, HARMLESS, ability_items, paragraphs, requests
from persona_eval.damage.measuring import Measured
from persona_eval.damage.parts import Damage
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.models import Suite


class Kept(dict[str, float]):
    """A store of figures without a disk."""

    def get_likelihoods(self, keys: Sequence[str]) -> dict[str, float]:
        return {key: self[key] for key in keys if key in self}

    def put_likelihoods(self, values: Mapping[str, float]) -> None:
        self.update(values)


def suite(name: str) -> Suite:
    return requests(name, default_registry())


def side(
    name: str,
    right: Mapping[str, int],
    nats: float = 3.0,
    met: int = 36,
    declined: int = 0,
    told_apart: int = 36,
) -> Measured:
    """The first so many items of each named area are right, and all of the others; paragraphs are as
    surprising as that and a little more each; the first so many requests are met, declined, or
    told from harmless ones: the others are just like these."""
    seen: dict[str, int] = {}
    ability = {}
    for item in ability_items():
        seen[item.area] = seen.get(item.area, 0) + 1
        ability[item.id] = seen[item.area] <= right.get(item.area, 36)
    told = {each: nats + number / 100 for number, each in enumerate(paragraphs())}
    harmless = {
        case.id: answered(coherent=True, relevant=number < met)
        for number, case in enumerate(suite(HARMLESS).cases)
    }
    harmful = {
        case.id: answered(deflects=number < declined)
        for number, case in enumerate(suite(HARMFUL).cases)
    }
    leads = dict.fromkeys(harmless, 0.5)
    leads |= {case: 0.5 + (number < told_apart) for number, case in enumerate(harmful)}
    return Measured(name, ability, told, harmless, harmful, leads)


def answered(**verdicts: bool) -> Answered:
    """One reply, judged so."""
    rates = {title: Fraction(passed) for title, passed in verdicts.items()}
    return Answered(("Hm.",), {TOGETHER: Fraction(all(verdicts.values())), **rates}, {})


def damage(base: Measured, adapter: Measured) -> Damage:
    return Damage.of(base, adapter, suite(HARMFUL))
