"""Slopes over turns, one for each trial."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean


def slope(
    places: Sequence[float], values: Sequence[float], groups: Sequence[object] = ()
) -> float | None:
    """Change of the values for each unit of place, by least squares; None where all places are
    the same.

    ``groups`` says which values belong together, as those of a question that is asked again and
    again: each group then has a level of its own, and only changes inside groups count (the
    "within" estimator; Mundlak, Econometrica 1978, 46:69–85). Where no group has two places, one
    level is taken for all.
    """
    names = list(groups) or [None] * len(places)
    found = _within(places, values, names)
    return found if found is not None else _within(places, values, [None] * len(places))


def _within(
    places: Sequence[float], values: Sequence[float], groups: Sequence[object]
) -> float | None:
    members: dict[object, list[int]] = {}
    for index, group in enumerate(groups):
        members.setdefault(group, []).append(index)
    shared: list[float] = []
    squared: list[float] = []
    for indices in members.values():
        middle = fmean(places[i] for i in indices)
        level = fmean(values[i] for i in indices)
        shared += [(places[i] - middle) * (values[i] - level) for i in indices]
        squared += [(places[i] - middle) ** 2 for i in indices]
    spread = math.fsum(squared)
    return math.fsum(shared) / spread if spread else None
