"""A figure on both sides, paired case by case: what changed, and whether that is more than luck."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any, Literal

from persona_eval.statistics.design import fewest_lost, smallest_drop
from persona_eval.statistics.paired import paired_interval, sign_flip
from persona_eval.statistics.typical import typical_interval

ALPHA = 0.05
GRAIN = 10_000
"""Nats are compared to the fourth digit, so that the test on them stays exact."""

PartName = Literal["ability", "plain_text", "harmless", "declined", "told_apart"]
Verdict = Literal["loss", "gain", "no change shown", "too weak"]


@dataclass(frozen=True)
class Effect:
    """A figure on both sides: a share of cases, or nats per token."""

    name: str
    cases: int
    base: float
    adapter: float
    interval: tuple[float, float]
    """95 % of the difference."""
    p: float
    """Two-sided, exact."""
    changed: float
    """Mean square of the cases' differences: of shares, the share of the cases that changed."""

    @property
    def difference(self) -> float:
        return self.adapter - self.base

    @classmethod
    def of_shares(cls, name: str, base: Sequence[Fraction], adapter: Sequence[Fraction]) -> Effect:
        """Of the cases' pass rates, in the same order: McNemar's exact test where they are 0 or 1.

        The items of a set count as cases of their own: what one of them wins by a new liking for
        an option another loses, so that their differences pull against each other.
        """
        differences = [after - before for before, after in zip(base, adapter, strict=True)]
        floats = [float(each) for each in differences]
        p, interval = sign_flip(differences).different, paired_interval(floats)
        return cls._of(name, [*map(float, base)], [*map(float, adapter)], interval, p)

    @classmethod
    def of_nats(cls, name: str, base: Sequence[float], adapter: Sequence[float]) -> Effect:
        """Of the paragraphs' means, in the same order."""
        differences = [after - before for before, after in zip(base, adapter, strict=True)]
        p = sign_flip([Fraction(round(each * GRAIN), GRAIN) for each in differences]).different
        return cls._of(name, base, adapter, typical_interval(differences), p)

    @classmethod
    def _of(
        cls,
        name: str,
        base: Sequence[float],
        adapter: Sequence[float],
        interval: tuple[float, float],
        p: float,
    ) -> Effect:
        n = len(base)
        squares = math.fsum((b - a) ** 2 for b, a in zip(base, adapter, strict=True))
        means = math.fsum(base) / n, math.fsum(adapter) / n
        return cls(name, n, *means, interval, p, squares / n)


@dataclass(frozen=True)
class Part:
    """One of the five questions that the report answers."""

    name: PartName
    whole: Effect | None
    """None where the base is no better than chance in any area."""
    areas: tuple[Effect, ...] = ()
    apart: tuple[Effect, ...] = ()
    """Areas in which the base is no better than chance: they are not in ``whole``."""
    chance: float = 0.0
    """What a model reaches that does the same whatever it reads."""
    above_chance: bool = True
    """Whether the base is shown to reach more than that."""
    p: float = 1.0
    """Of the whole, adjusted for the number of parts (Holm)."""

    @property
    def verdict(self) -> Verdict:
        """What can be said: a part in which even a total loss could not be shown is too weak,
        unless it shows a gain."""
        if self.whole is None:
            return "too weak"
        risen = self.whole.difference > 0
        if self.p <= ALPHA:
            return "loss" if risen == (self.name == "plain_text") else "gain"
        return "no change shown" if self.can_lose else "too weak"

    @property
    def can_lose(self) -> bool:
        """Whether the base has so much that a loss of all of it would show. Nats can always rise."""
        if self.whole is None or self.name == "plain_text":
            return self.whole is not None
        passed = round(self.whole.base * self.whole.cases, 6)
        return self.above_chance and passed >= fewest_lost(ALPHA / 2)

    @property
    def detectable(self) -> float | None:
        """The smallest loss that would have shown in four of five sets of such cases, if as many
        cases as now had changed by luck."""
        if self.whole is None or self.name == "plain_text" or not self.can_lose:
            return None
        drop = smallest_drop(self.whole.cases, math.sqrt(self.whole.changed), ALPHA / 2)
        return drop if drop <= self.whole.base - self.chance else None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "part": self.name,
            "unit": "nats per token" if self.name == "plain_text" else "share",
            "verdict": self.verdict,
            "p_holm": self.p if self.whole else None,
            "smallest_detectable_loss": self.detectable,
            "whole": _plain(self.whole),
            "areas": [_plain(area) for area in self.areas],
            "at_chance": [_plain(area) for area in self.apart],
        }


def _plain(effect: Effect | None) -> dict[str, Any] | None:
    if effect is None:
        return None
    interval = [end if math.isfinite(end) else None for end in effect.interval]
    return {**asdict(effect), "difference": effect.difference, "interval": interval}
