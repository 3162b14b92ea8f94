"""An interval for a mean of unbounded figures, exact for few of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST = 20
"""Figures whose subsets can all be looked at: a million."""


def typical_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Interval for the centre of symmetric, otherwise arbitrary distributions: quantiles of the
    means of all subsets (Hartigan, Journal of the American Statistical Association 1969,
    64:1303–1317). It holds every centre that the exact sign-flip test does not reject.

    Unbounded on both sides for fewer figures than can show anything: five at 95 %. Raises
    ValueError for none and for more than ``MOST``.
    """
    import numpy as np

    if not 0 < len(values) <= MOST:
        raise ValueError(f"{len(values)} figures: from 1 to {MOST} are possible")
    sums, sizes = np.zeros(1), np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
        sizes = np.concatenate([sizes, sizes + 1])
    means = np.sort(sums[1:] / sizes[1:])
    beyond = math.floor((1 - confidence) / 2 * len(sums))
    if beyond == 0:
        return -math.inf, math.inf
    return float(means[beyond - 1]), float(means[-beyond])
