"""What the statistics promise, checked on simulated runs whose truth is known.

The pass probabilities of a suite's cases come from Beta distributions of several means and
correlations of trials. A figure is the worst of these distributions unless it says otherwise.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from tabulate import tabulate

from persona_eval.statistics.curtailed import Label, fewest_more, unbiased_rate
from persona_eval.statistics.design import smallest_drop
from persona_eval.statistics.paired import paired_interval, sign_flip
from persona_eval.statistics.rates import wilson

Array = np.ndarray[Any, Any]
Tables = dict[str, dict[int, dict[str, float]]]
"""Shares of runs by title, number of cases and design."""

CASES = (5, 10, 20, 30, 50, 70, 100, 200)
DISTRIBUTIONS = tuple(product((0.5, 0.7, 0.9, 0.97), (0.1, 0.5, 0.9)))
"""Mean pass probability, and correlation of the trials of one case."""
CHARACTERS = {"weak": (0.3, 0.6), "strong": (0.85, 0.6)}
MARGINS = (0.05, 0.1)
LEAST, MOST = 2, 5
LABELS: dict[str, Label] = {
    "auto, bar .66": lambda x: x >= 0.66 * MOST,
    "auto, bar 1": lambda x: x == MOST,
}
LOSSES: dict[str, Callable[[np.random.Generator, Array, float], Array]] = {
    "each case a little worse": lambda _, chances, share: chances * (1 - share),
    "cases lost outright": lambda rng, chances, share: (
        chances * (rng.random(chances.shape, np.float32) >= share)
    ),
}
"""How a share of the mean pass probability may be lost."""
ALPHA, Z = 0.05, 1.959963985
LIMITS = {"Interval": 0.05, "Falsely": ALPHA, "Passed": 0.025}
"""What is promised of a table, by the first word of its title."""


@dataclass(frozen=True)
class Design:
    """How a case's pass fraction comes about, as an integer of so many units."""

    name: str
    units: int
    draw: Callable[[np.random.Generator, Array], Array]


def full(trials: int) -> Design:
    name = f"{trials} trial" + "s" * (trials > 1)
    return Design(name, trials, lambda rng, chances: rng.binomial(trials, chances))


def auto(name: str, label: Label) -> Design:
    rates = [unbiased_rate(*end, MOST, label, LEAST) for end in ends(label)]
    units = math.lcm(*(rate.denominator for rate in rates))
    scores = np.array([int(rate * units) for rate in rates])
    return Design(name, units, lambda rng, chances: scores[sequences(rng, chances)])


def sequences(rng: np.random.Generator, chances: Array) -> Array:
    """The outcomes of `MOST` trials of each case, as bits."""
    return sum(
        (rng.random(chances.shape, np.float32) < chances).astype(np.int8) << bit
        for bit in range(MOST)
    )  # type: ignore[return-value]


def ends(label: Label) -> list[tuple[int, int]]:
    """Passes and trials where each sequence of outcomes stops; its label is the full design's."""
    found = []
    for bits in range(2**MOST):
        passes, drawn = 0, 0
        while more := fewest_more(passes, drawn, MOST, label, LEAST):
            drawn += more
            passes = (bits & (2**drawn - 1)).bit_count()
        assert label(passes) == label(bits.bit_count())
        found.append((passes, drawn))
    return found


def suites(rng: np.random.Generator, runs: int, mean: float, correlation: float) -> Array:
    """Pass probabilities, runs x cases."""
    size = 1 / correlation - 1
    chances = rng.beta(mean * size, (1 - mean) * size, (runs, max(CASES)))
    return chances.astype(np.float32)


def outside(scores: Array, units: int, truth: float) -> Array:
    """Whether the interval of each run's rate leaves the truth out."""
    n = scores.shape[1]
    intervals = np.array([wilson(total / units, n) for total in range(n * units + 1)])
    low, high = intervals[scores.sum(axis=1)].T
    missed: Array = (low > truth) | (high < truth)
    return missed


def p_worse(differences: Array, units: int) -> Array:
    """`sign_flip(...).worse` of each row, from the characteristic function of the sum of a random
    subset of the sizes. An odd length keeps its factors from being zero."""
    sizes = abs(differences)
    counts = np.stack([(sizes == size).sum(axis=1) for size in range(1, units + 1)], axis=1)
    length = int(sizes.sum(axis=1).max()) // 2 * 2 + 3
    angles = 2j * np.pi * np.outer(np.arange(1, units + 1), np.arange(length)) / length
    logs = np.log((1 + np.exp(angles)) / 2)
    won = np.where(differences > 0, differences, 0).sum(axis=1)
    parts = []
    for rows in np.array_split(np.arange(len(won)), len(won) // 500 + 1):
        chances = np.fft.fft(np.exp(counts[rows] @ logs)).real / length
        parts.append(chances.cumsum(axis=1)[np.arange(len(rows)), won[rows]])
    found = np.concatenate(parts)
    for row in range(5):
        known = sign_flip([Fraction(int(each), units) for each in differences[row]]).worse
        assert abs(found[row] - known) < 1e-9
    return found


def bounds(differences: Array, units: int) -> tuple[Array, Array]:
    """`paired_interval` of each row, not clipped."""
    scaled, n = differences / units, differences.shape[1] + 3
    total, squares = scaled.sum(axis=1), (scaled**2).sum(axis=1) + 3
    low, high = (total - 1) / n, (total + 1) / n
    low -= Z * np.sqrt((squares / n - low**2) / n)
    high += Z * np.sqrt((squares / n - high**2) / n)
    assert np.allclose(paired_interval(scaled[0].tolist()), (max(-1, low[0]), min(1, high[0])))
    return low, high


def promises(rng: np.random.Generator, runs: int, design: Design, tables: Tables) -> None:
    """Runs in which a promise is broken."""
    for mean, correlation in DISTRIBUTIONS:
        chances = suites(rng, runs, mean, correlation)
        before = design.draw(rng, chances)
        same = design.draw(rng, chances) - before
        differ(same, 0.0, "", design, tables)
        for n in CASES:
            missed = outside(before[:, :n], design.units, mean)
            record(tables, "Interval of the rate without the truth", n, design, missed)
            record(tables, "Falsely worse", n, design, p_worse(same[:, :n], design.units) <= ALPHA)
        for margin, (how, lose) in product(MARGINS, LOSSES.items()):
            change = design.draw(rng, lose(rng, chances, margin / mean)) - before
            differ(change, -margin, how, design, tables)


def differ(change: Array, truth: float, how: str, design: Design, tables: Tables) -> None:
    """Intervals of the difference that leave it out; those above it pass a margin falsely."""
    for n in CASES:
        low, high = bounds(change[:, :n], design.units)
        missed = (low > truth) | (high < truth)
        record(tables, "Interval of the difference without the truth", n, design, missed)
        if truth:
            record(tables, f"Passed though {-truth:.0%} are lost, {how}", n, design, low > truth)


def powers(rng: np.random.Generator, runs: int, design: Design, tables: Tables) -> None:
    """What is certified and found with a strong character."""
    mean, correlation = CHARACTERS["strong"]
    chances = suites(rng, runs, mean, correlation)
    before = design.draw(rng, chances)
    same = design.draw(rng, chances) - before
    for n in CASES:
        low, _ = bounds(same[:, :n], design.units)
        for margin in MARGINS:
            record(tables, f"Unchanged, certified within {margin:.0%}", n, design, low > -margin)
        drop = smallest_drop(n, float(same.std()) / design.units)
        record(tables, "Smallest drop that 80 % of runs should find", n, design, drop)
        for how, lose in LOSSES.items():
            if drop < mean:
                after = design.draw(rng, lose(rng, chances[:, :n], drop / mean))
                worse = p_worse(after - before[:, :n], design.units) <= ALPHA
                record(tables, f"Such a drop found, {how}", n, design, worse)


def record(tables: Tables, title: str, n: int, design: Design, held: Array | float) -> None:
    """Keep the highest share of runs."""
    row = tables.setdefault(title, {}).setdefault(n, {})
    row[design.name] = max(row.get(design.name, 0.0), float(np.mean(held)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="simulated runs of each suite")
    parser.add_argument("--seed", type=int, default=41)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    designs = [full(1), full(3), full(10), *(auto(*each) for each in LABELS.items())]
    tables: Tables = {}
    for design in designs:
        promises(rng, options.runs, design, tables)
        powers(rng, options.runs, design, tables)
    headers = ["cases", *(design.name for design in designs)]
    for title, table in tables.items():
        rows = [[n] + [f"{row[d.name]:.1%}" for d in designs] for n, row in table.items()]
        print(f"\n{title}\n\n{tabulate(rows, headers=headers, tablefmt='github')}")
        if limit := LIMITS.get(title.split()[0]):
            most = limit + 3 * math.sqrt(limit * (1 - limit) / options.runs)
            over = [f"{n} cases, {d}" for n in table for d in table[n] if table[n][d] > most]
            print(f"\nAt most {limit:.1%}, with noise {most:.1%}: {'; '.join(over) or 'kept'}")
    for (name, label), who in product(LABELS.items(), CHARACTERS):
        trials = np.array([trials for _, trials in ends(label)])
        taken = trials[sequences(rng, suites(rng, options.runs, *CHARACTERS[who]))]
        print(
            f"\n{name}, {who}: {taken.mean() / MOST:.0%} of the trials drawn, with the same label"
        )


if __name__ == "__main__":
    main()
