"""Rates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist


def wilson(successes: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a rate (Wilson, JASA 1927, 22:209–212).

    ``successes`` may be fractional: the sum of the cases' pass fractions, with ``n`` the number
    of cases. Over clustered trials this covers at least its stated level, where counting
    trials as independent does not. (0, 1) when ``n`` is 0.

    Raises ValueError for successes outside 0..n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes among {n}")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate = successes / n
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    centre = rate + z * z / (2 * n)
    scale = 1 + z * z / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def at_most(passes: int, trials: int, rate: float) -> float:
    """Chance of so few passes, or fewer, among trials that each pass with this probability: the
    lower tail of the binomial distribution."""
    return math.fsum(
        math.comb(trials, k) * rate**k * (1 - rate) ** (trials - k) for k in range(passes + 1)
    )


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean, or None of nothing."""
    return sum(values) / len(values) if values else None


def balanced_accuracy(probe_rate: float | None, control_rate: float | None) -> float | None:
    """Mean of the two rates: a model that does the same to every prompt reaches one half.
    None unless both exist."""
    if probe_rate is None or control_rate is None:
        return None
    return (probe_rate + control_rate) / 2
