"""How much the replies to one case differ, from trial to trial and from wording to wording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from persona_eval.statistics.luck import one_without, passes_again, round_robin
from persona_eval.statistics.rates import mean

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

AGAIN = 0.8
"""A case that passes, but would fail more than one run in five, passes by luck."""
UNUSUAL = 0.05
"""So rarely would chance alone leave a wording without a pass: then the wording matters."""


@dataclass(frozen=True)
class Spread:
    """How far apart replies are: mean distance of two of their vectors, 1 − cosine. 0 is word for
    word the same, 1 has nothing in common."""

    within: float | None
    """Of two replies to the same wording; None where no wording has two."""
    between: float | None
    """Of two replies to different wordings; None for a single wording."""


@dataclass(frozen=True)
class WordingRate:
    """How one wording did."""

    wording: str
    passes: int
    trials: int


def spread_of(vectors: NDArray[np.float32], wordings: int) -> Spread:
    """Spread of replies, trial by trial; the trials go round so many wordings. Each row has length
    1."""
    import numpy as np

    distances = 1.0 - np.clip(vectors @ vectors.T, -1.0, 1.0)
    pairs = list(combinations(range(len(vectors)), 2))
    same = [float(distances[i, j]) for i, j in pairs if i % wordings == j % wordings]
    other = [float(distances[i, j]) for i, j in pairs if i % wordings != j % wordings]
    return Spread(_rounded(mean(same)), _rounded(mean(other)))


def rates_by_wording(wordings: Sequence[str], outcomes: Sequence[bool]) -> list[WordingRate]:
    """Passes and trials of each wording."""
    counts = round_robin(outcomes, len(wordings)) if wordings else []
    return [WordingRate(text, *count) for text, count in zip(wordings, counts, strict=True)]


def silent_wording(rates: Sequence[WordingRate]) -> WordingRate | None:
    """A wording that fails all its trials, where chance alone would hardly leave one so; None
    where there is none."""
    silent = next((rate for rate in rates if rate.trials > 1 and not rate.passes), None)
    if silent is None:
        return None
    passes, trials = sum(rate.passes for rate in rates), sum(rate.trials for rate in rates)
    chance = one_without(passes, len(rates), trials // len(rates))
    return silent if chance <= UNUSUAL else None


def luck_of(
    rates: Sequence[WordingRate], outcomes: Sequence[bool], most: int, needed: int
) -> str | None:
    """Why a case that passes does so by luck; None where nothing says so. Trials that all passed
    say nothing of the kind, however few they are."""
    if all(outcomes):
        return None
    if silent := silent_wording(rates):
        return f"the wording “{silent.wording}” fails all of its {silent.trials} trials"
    again = passes_again(sum(outcomes), len(outcomes), most, needed)
    return f"another run would pass with a chance of {again:.0%}" if again < AGAIN else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(max(0.0, value), 4)
