"""How far a judgement agrees with the truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from persona_eval.statistics.rates import balanced_accuracy, wilson


@dataclass(frozen=True)
class Agreement:
    """Counts of a two-way judgement beside the truth."""

    hits: int
    misses: int
    false_alarms: int
    rejections: int

    @classmethod
    def of(cls, pairs: Iterable[tuple[bool, bool]]) -> Agreement:
        """From pairs of truth and judgement."""
        counts = Counter(pairs)
        return cls(
            counts[True, True], counts[True, False], counts[False, True], counts[False, False]
        )

    @property
    def positives(self) -> int:
        return self.hits + self.misses

    @property
    def negatives(self) -> int:
        return self.false_alarms + self.rejections

    @property
    def precision(self) -> float | None:
        """Of what was judged true, the share that is."""
        return _share(self.hits, self.hits + self.false_alarms)

    @property
    def recall(self) -> float | None:
        """Of what is true, the share that was judged so."""
        return _share(self.hits, self.positives)

    @property
    def specificity(self) -> float | None:
        """Of what is false, the share that was judged so."""
        return _share(self.rejections, self.negatives)

    @property
    def balanced(self) -> float | None:
        """Balanced accuracy: the mean of recall and specificity; None unless both exist."""
        return balanced_accuracy(self.recall, self.specificity)

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa (Educational and Psychological Measurement 1960, 20:37–46): agreement
        beyond what the two margins would bring by chance; None where that is all there could be."""
        n = self.positives + self.negatives
        if n == 0:
            return None
        judged_true = self.hits + self.false_alarms
        chance = (self.positives * judged_true + self.negatives * (n - judged_true)) / n**2
        if chance == 1:
            return None
        return ((self.hits + self.rejections) / n - chance) / (1 - chance)

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson interval of the plain accuracy."""
        return wilson(self.hits + self.rejections, self.positives + self.negatives)

    def to_json(self) -> dict[str, Any]:
        """Counts and figures as plain data."""
        names = ("precision", "recall", "specificity", "balanced", "kappa", "interval")
        return {**asdict(self), **{name: getattr(self, name) for name in names}}


def bootstrapped(
    clusters: Sequence[Agreement], confidence: float = 0.95, draws: int = 2000
) -> tuple[float, float] | None:
    """Percentile interval of the balanced accuracy over whole clusters, drawn with replacement
    (Efron 1979) from a fixed seed. None where no judgement, or none of one side, is there."""
    import numpy as np

    counts = np.array([[c.hits, c.positives, c.rejections, c.negatives] for c in clusters])
    if not len(counts) or not counts[:, 1].sum() or not counts[:, 3].sum():
        return None
    chosen = np.random.default_rng(0).integers(len(counts), size=(draws, len(counts)))
    hits, positives, rejections, negatives = counts[chosen].sum(axis=1).T
    both = (positives > 0) & (negatives > 0)
    if not both.any():
        return None
    values = (hits[both] / positives[both] + rejections[both] / negatives[both]) / 2
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
