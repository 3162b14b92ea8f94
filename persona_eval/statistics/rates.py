"""Rates with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist


def wilson(successes: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a rate with continuity correction (Newcombe, Statistics in Medicine 1998,
    17:857–872, method 4): the ends of Wilson's (JASA 1927, 22:209–212) for half a success fewer
    and half a success more.

    ``successes`` may be fractional: the sum of the cases' pass fractions, with ``n`` the number
    of cases. Counting the trials of a case as independent would promise too much. (0, 1) when
    ``n`` is 0.

    Without the correction a 95 % interval missed the truth in 12 to 14 % of simulated runs at 5
    cases and in up to 8 % with one trial a case. With it, it misses in at most 5 % from 5 to 200
    cases (5.2 % of rates within .012 of 0 or 1): benchmarks/simulation.py and, exactly, the tests.

    Raises ValueError for successes outside 0..n.
    """
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes among {n}")
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return _score_low(successes - 0.5, n, z), 1 - _score_low(n - successes - 0.5, n, z)


def _score_low(successes: float, n: int, z: float) -> float:
    """Lower end of Wilson's interval; 0 without a success."""
    if successes <= 0:
        return 0.0
    rate = successes / n
    spread = z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return (rate + z * z / (2 * n) - spread) / (1 + z * z / n)


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
