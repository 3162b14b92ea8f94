"""What a number of cases and trials can show."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from statistics import NormalDist

MOST_CASES = 2**60


def intraclass(counts: Sequence[tuple[int, int]]) -> float | None:
    """Correlation of the trials of one case, in 0..1, from (passes, trials) of each: the analysis
    of variance estimator for groups of unequal size (Ridout, Demétrio and Firth, Biometrics 1999,
    55:137–148).

    Near 1 means that more trials add nothing that more cases would not. Cases with a single
    trial tell nothing of it and are left out. None where fewer than two cases remain, or where
    their trials all had the same outcome.
    """
    counts = [(passes, trials) for passes, trials in counts if trials > 1]
    total = sum(trials for _, trials in counts)
    passed = sum(passes for passes, _ in counts)
    if len(counts) < 2 or passed in (0, total):
        return None
    rate, freedom = passed / total, len(counts) - 1
    between = sum(n * (passes / n - rate) ** 2 for passes, n in counts) / freedom
    within = _pooled_variance(counts)
    size = (total - sum(n * n for _, n in counts) / total) / freedom
    return max(0.0, (between - within) / (between + (size - 1) * within))


def fewest_lost(alpha: float) -> int:
    """How many cases must be lost, with none won, before the one-sided exact test on pairs can
    reach ``alpha``. Raises ValueError for alpha outside 0..1."""
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha {alpha} is not in 0..1")
    lost = 0
    while 0.5**lost > alpha:
        lost += 1
    return lost


def smallest_drop(cases: int, spread: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest drop of the mean rate that the one-sided test on pairs finds with this power,
    by the normal approximation.

    ``spread`` is the standard deviation of a case's difference between two equally good runs
    (`trial_spread`). The drop is allowed to be as uneven as can be, cases that are lost outright:
    a drop d then adds d to the mean square of the differences. Never below
    ``fewest_lost(alpha) / cases``, never above 1; infinite where not even losing every case is
    significant.

    Raises ValueError unless 0 < alpha <= 1/2 <= power < 1.
    """
    if not 0 < alpha <= 0.5 <= power < 1:
        raise ValueError(
            f"alpha {alpha} and power {power} are not in 0 < alpha <= 1/2 <= power < 1"
        )
    fewest = fewest_lost(alpha)
    if cases < fewest:
        return math.inf
    # The d at which cases * d² = square * (spread² + d).
    square = (NormalDist().inv_cdf(1 - alpha) + NormalDist().inv_cdf(power)) ** 2
    drop = (square + math.sqrt(square * (square + 4 * cases * spread**2))) / (2 * cases)
    return min(1.0, max(drop, fewest / cases))


def cases_needed(drop: float, spread: float, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many cases find a drop of this size: the fewest with ``smallest_drop <= drop``.

    Raises ValueError for a drop that is not positive, and like `smallest_drop`.
    """
    if not drop > 0:
        raise ValueError(f"a drop of {drop} cannot be found by any number of cases")
    found = range(1, MOST_CASES)
    return found[
        bisect_left(found, True, key=lambda n: smallest_drop(n, spread, alpha, power) <= drop)
    ]


def trial_spread(counts: Sequence[tuple[int, int]]) -> float:
    """Standard deviation of a case's difference between two runs of the same adapter with fresh
    luck, from (passes, trials) of each case.

    Each case's variance is estimated without bias from its own trials. A case with one trial
    gets what the others show together, or the worst, 1/4, where no case has two.
    Trials must not be curtailed: those vary by up to two fifths more than this says.
    """
    counts = [(passes, trials) for passes, trials in counts if trials]
    pooled = _pooled_variance(counts)
    variances = [
        2 * (passes * (n - passes) / (n * (n - 1)) if n > 1 else pooled) / n for passes, n in counts
    ]
    return math.sqrt(sum(variances) / len(variances)) if variances else math.sqrt(0.5)


def _pooled_variance(counts: Sequence[tuple[int, int]]) -> float:
    """Mean square within cases; 1/4 where no case has two trials."""
    freedom = sum(n - 1 for _, n in counts)
    return sum(passes * (n - passes) / n for passes, n in counts) / freedom if freedom else 0.25
