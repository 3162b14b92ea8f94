"""Two runs, compared case by case."""

from __future__ import annotations

import math


def sign_test(won: int, lost: int) -> float:
    """One-sided exact p: as many wins or more among these changes, if either side were equally
    likely (Dixon and Mood 1946). 1 where nothing changed."""
    total = won + lost
    return float(sum(math.comb(total, k) for k in range(won, total + 1)) / 2**total)
