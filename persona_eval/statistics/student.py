"""An interval for a mean of unbounded figures, however many there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev

HALVINGS = 60
"""Of the angle, until a double cannot tell its ends apart."""


def student_interval(
    values: Sequence[float], confidence: float = 0.95
) -> tuple[float, float] | None:
    """Student's interval of the mean (Biometrika 1908, 6:1–25); None for fewer than two figures.

    Exact for normal figures, and close to it for others where there are some dozens of them.
    """
    if len(values) < 2:
        return None
    middle = fmean(values)
    reach = quantile(confidence, len(values) - 1) * stdev(values) / math.sqrt(len(values))
    return middle - reach, middle + reach


def quantile(confidence: float, degrees: int) -> float:
    """How far from zero Student's t stays with this probability. Raises ValueError for less than
    one degree of freedom."""
    if degrees < 1:
        raise ValueError(f"{degrees} degrees of freedom: 1 is the least")
    low, high = 0.0, math.pi / 2
    for _ in range(HALVINGS):
        angle = (low + high) / 2
        if _within(angle, degrees) < confidence:
            low = angle
        else:
            high = angle
    return math.sqrt(degrees) * math.tan(low)


def _within(angle: float, degrees: int) -> float:
    """Probability that t lies between plus and minus ``sqrt(degrees) * tan(angle)``: the finite
    series for whole degrees of freedom (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)."""
    odd = degrees % 2
    cosine = math.cos(angle)
    term = cosine if odd else 1.0
    total = term if degrees > 1 else 0.0
    for n in range(2 + odd, degrees - 1, 2):
        term *= cosine * cosine * (n - 1) / n
        total += term
    series = math.sin(angle) * total
    return 2 / math.pi * (angle + series) if odd else series
