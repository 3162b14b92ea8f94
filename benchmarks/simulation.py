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
LOSSES: dict[str, Callable[[Array, float], Array]] = {
    "each case a little worse": lambda chances, share: chances * (1 - share),
    "cases lost outright": lambda chances, share: (
        chances * (np.random.default_rng(1).random(chances.shape, np.float32) >= share)
    ),
}
"""How a share of the mean pass probability may be lost."""
ALPHA, Z = 0.05, 1.959963985


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


def outside(scores: Array, units: int, truth: float) -> float:
    """Share of the runs whose Wilson interval leaves the truth out."""
    n = scores.shape[1]
    intervals = np.array([wilson(total / units, n) for total in range(n * units + 1)])
    missed = (truth < intervals[:, 0]) | (truth > intervals[:, 1])
    return float(missed[scores.sum(axis=1)].mean())


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


def certified(differences: Array, units: int, margin: float) -> float:
    """Share of the runs whose interval of the difference lies above the negative margin."""
    scaled = differences / units
    n = scaled.shape[1] + 2
    mean = scaled.sum(axis=1) / n
    low = mean - Z * np.sqrt((((scaled**2).sum(axis=1) + 2) / n - mean**2) / n)
    assert abs(max(-1, low[0]) - paired_interval(scaled[0].tolist())[0]) < 1e-8
    return float((low > -margin).mean())


def promises(rng: np.random.Generator, runs: int, design: Design, tables: Tables) -> None:
    """Shares of the runs in which a promise is broken, in the worst distribution."""
    for mean, correlation in DISTRIBUTIONS:
        chances = suites(rng, runs, mean, correlation)
        before = design.draw(rng, chances)
        same = design.draw(rng, chances) - before
        for n in CASES:
            missed = outside(before[:, :n], design.units, mean)
            record(tables, "Wilson interval without the truth (at most 5 %)", n, design, missed)
            worse = p_worse(same[:, :n], design.units) <= ALPHA
            record(tables, "Falsely worse (at most 5 %)", n, design, worse.mean())
        for margin, (how, lose) in product(MARGINS, LOSSES.items()):
            change = design.draw(rng, lose(chances, margin / mean)) - before
            title = f"Passed though {margin:.0%} are lost, {how} (at most 2.5 %)"
            for n in CASES:
                passed = certified(change[:, :n], design.units, margin)
                record(tables, title, n, design, passed)


def powers(rng: np.random.Generator, runs: int, design: Design, tables: Tables) -> None:
    """What is certified and found with a strong character."""
    mean, correlation = CHARACTERS["strong"]
    chances = suites(rng, runs, mean, correlation)
    before = design.draw(rng, chances)
    same = design.draw(rng, chances) - before
    for n, margin in product(CASES, MARGINS):
        share = certified(same[:, :n], design.units, margin)
        record(tables, f"Unchanged, certified as not worse than {margin:.0%}", n, design, share)
    for n in CASES:
        drop = smallest_drop(n, float(same.std()) / design.units)
        record(tables, "Smallest drop that should be found in 80 % of runs", n, design, drop)
        for how, lose in LOSSES.items():
            if drop < mean:
                after = design.draw(rng, lose(chances[:, :n], drop / mean))
                worse = p_worse(after - before[:, :n], design.units) <= ALPHA
                record(tables, f"Such a drop found, {how}", n, design, worse.mean())


def record(tables: Tables, title: str, n: int, design: Design, share: float) -> None:
    """Keep the highest."""
    row = tables.setdefault(title, {}).setdefault(n, {})
    row[design.name] = max(row.get(design.name, 0.0), float(share))


def drawn(rng: np.random.Generator, runs: int, label: Label, who: str) -> float:
    """Share of the full design's trials that curtailed ones draw."""
    trials = np.array([trials for _, trials in ends(label)])
    return float(trials[sequences(rng, suites(rng, runs, *CHARACTERS[who]))].mean() / MOST)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000, help="simulated runs of each suite")
    runs = parser.parse_args().runs
    rng = np.random.default_rng(0)
    designs = [full(1), full(3), full(10), *(auto(*each) for each in LABELS.items())]
    tables: Tables = {}
    for design in designs:
        promises(rng, runs, design, tables)
        powers(rng, runs, design, tables)
    headers = ["cases", *(design.name for design in designs)]
    for title, table in tables.items():
        rows = [[n] + [f"{row[d.name]:.1%}" for d in designs] for n, row in table.items()]
        print(f"\n{title}\n\n{tabulate(rows, headers=headers, tablefmt='github')}")
    for (name, label), who in product(LABELS.items(), CHARACTERS):
        share = drawn(rng, runs, label, who)
        print(
            f"\n{name}, {who} character: {share:.0%} of {MOST} trials are drawn, the label is the same"
        )


if __name__ == "__main__":
    main()
