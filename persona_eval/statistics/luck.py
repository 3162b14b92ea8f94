"""Whether a case passed by luck: what another run would show, and what chance does to wordings."""

from __future__ import annotations

import math
from collections.abc import Sequence

PRIOR = 0.5
"""Passes and failures that are believed before the first trial (Jeffreys, Proceedings of the Royal
Society A 1946, 186:453–461)."""


def passes_again(passes: int, drawn: int, most: int, needed: int) -> float:
    """Chance that ``needed`` of ``most`` new trials pass, or more, after these: the beta-binomial
    predictive distribution (Geisser, Predictive Inference, 1993, chapter 3) with Jeffreys' prior.

    When the drawing stopped makes no difference to it. Raises ValueError for counts that cannot
    be.
    """
    if not 0 <= passes <= drawn or not 0 <= needed <= most:
        raise ValueError(f"{passes} of {drawn} passed, {needed} of {most} are needed")
    a, b = passes + PRIOR, drawn - passes + PRIOR
    found = math.fsum(
        math.comb(most, k) * math.exp(_log_beta(a + k, b + most - k) - _log_beta(a, b))
        for k in range(needed, most + 1)
    )
    return min(1.0, found)


def one_without(passes: int, groups: int, each: int) -> float:
    """Chance that some group has no pass at all, when these passes fall on groups of ``each``
    trials as on lots: inclusion and exclusion (Feller, An Introduction to Probability Theory,
    volume I, 3rd edition 1968, IV.1) over the hypergeometric distribution. Raises ValueError for
    more passes than trials."""
    whole = groups * each
    if not 0 <= passes <= whole:
        raise ValueError(f"{passes} passes among {whole} trials")
    ways = 0
    for n in range(1, groups + 1):
        some = math.comb(groups, n) * math.comb(whole - n * each, passes)
        ways += some if n % 2 else -some
    return ways / math.comb(whole, passes)


def round_robin(outcomes: Sequence[bool], groups: int) -> list[tuple[int, int]]:
    """Passes and trials of each group, where trials go round the groups."""
    return [(sum(outcomes[n::groups]), len(outcomes[n::groups])) for n in range(groups)]


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
