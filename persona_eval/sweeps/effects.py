"""What the settings do: how far each moves the rate, and which points nobody has shown to be worse
than the best. Paired by case, as every point was drawn with the same luck."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from persona_eval.statistics.paired import paired_interval, sign_flip
from persona_eval.sweeps.grid import Axis, Place

Rates = Mapping[Place, Mapping[str, Fraction]]
"""Pass rate of each case at each point, by the case's key."""


@dataclass(frozen=True)
class Effect:
    """What one setting does to the pass rate, over all values of the others."""

    setting: str
    levels: tuple[tuple[str, float], ...]
    """Each value, as it is typed, with its mean rate."""
    best: str
    worst: str
    difference: float
    """Best minus worst, 0..1."""
    interval: tuple[float, float]
    """Of the difference, wide enough for having picked best and worst out of so many."""

    @property
    def shown(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.interval[0] > 0


def shared_cases(rates: Rates) -> list[str]:
    """Cases that were judged at every point, in order: only those can be compared."""
    points = list(rates.values())
    return [key for key in points[0] if all(key in other for other in points)] if points else []


def mean_rates(rates: Rates) -> dict[Place, float]:
    """Mean over the shared cases at each point; 0 where there is none."""
    keys = shared_cases(rates)
    return {place: _mean([of[key] for key in keys]) for place, of in rates.items()}


def effects(axes: Sequence[Axis], rates: Rates, confidence: float = 0.95) -> list[Effect]:
    """The effect of each setting with two values or more, the largest first.

    Best and worst of k values are picked after the fact, and so is the setting that is named
    first: the interval has the level of a Bonferroni correction for all pairs of values.
    """
    keys, varied = shared_cases(rates), [n for n, axis in enumerate(axes) if len(axis.values) > 1]
    if not keys:
        return []
    pairs = sum(math.comb(len(axes[n].values), 2) for n in varied)
    level = 1 - (1 - confidence) / max(1, pairs)
    found = [_effect(axes[n], n, rates, keys, level) for n in varied]
    return sorted(found, key=lambda each: (-each.difference, each.setting))


def _effect(
    axis: Axis, number: int, rates: Rates, keys: Sequence[str], confidence: float
) -> Effect:
    by_level = [_averaged(rates, number, level, keys) for level in range(len(axis.values))]
    means = [_mean(level) for level in by_level]
    best, worst = means.index(max(means)), means.index(min(means))
    differences = [float(a - b) for a, b in zip(by_level[best], by_level[worst], strict=True)]
    return Effect(
        axis.name,
        tuple(zip(axis.texts, means, strict=True)),
        axis.texts[best],
        axis.texts[worst],
        means[best] - means[worst],
        paired_interval(differences, confidence),
    )


def _averaged(rates: Rates, axis: int, level: int, keys: Sequence[str]) -> list[Fraction]:
    """Rate of each case with one value of a setting, averaged over the others."""
    points = [of for place, of in rates.items() if place[axis] == level]
    return [sum((of[key] for of in points), Fraction()) / len(points) for key in keys]


def not_worse(rates: Rates, alpha: float = 0.05) -> set[Place]:
    """Points that are not shown worse than the one with the highest mean rate, itself included.

    The best is picked after the fact, so that each two-sided sign-flip p counts as one of all
    pairs of points (Bonferroni): whichever point had come out best, no more than ``alpha`` of
    all sweeps over equally good settings would leave one of them out.
    """
    keys, means = shared_cases(rates), mean_rates(rates)
    best = max(sorted(means), key=means.__getitem__)
    pairs = max(1, math.comb(len(rates), 2))
    return {place for place in rates if not _shown_worse(rates, place, best, keys, alpha / pairs)}


def _shown_worse(
    rates: Rates, place: Place, best: Place, keys: Sequence[str], alpha: float
) -> bool:
    differences = [rates[place][key] - rates[best][key] for key in keys]
    return sum(differences) < 0 and sign_flip(differences).different <= alpha


def _mean(values: Sequence[Fraction]) -> float:
    return float(sum(values, Fraction()) / len(values)) if values else 0.0


def pairs_of(axes: Sequence[Axis]) -> list[tuple[int, int]]:
    """Numbers of the axes, two by two, that have several values each."""
    return list(combinations([n for n, axis in enumerate(axes) if len(axis.values) > 1], 2))
