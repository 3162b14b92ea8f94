"""Sampling that depends on the request alone, never on its neighbours in a batch.

Every request draws from a stream of its own, seeded by its key. Logits differ by about 1e-5
between batch sizes, so the draw must not depend on the arbitrary order in which a partial sort
leaves the candidates: they are put in order of probability, and one uniform number inverts the
cumulative distribution.

The filters come in the order that mlx-lm and Hugging Face use, except that the ``top_k``
likeliest are taken first: penalty, top-k, top-p, min-p, temperature, draw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_eval.suite.card import Generation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.floating]
    Ints = NDArray[np.integer]
    Bools = NDArray[np.bool_]

PENALTY_WINDOW = 64  # tokens that the repetition penalty looks back on


def uniform_draws(key: str, count: int) -> Floats:
    """``count`` numbers in [0, 1), shape (count,), always the same for a key."""
    import numpy as np

    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "big")
    return np.random.Generator(np.random.Philox(key=seed)).random(count)


@dataclass(frozen=True)
class Sampling:
    """The settings of all rows of a batch, each a column of shape (rows, 1)."""

    temperature: Floats
    top_k: Ints
    top_p: Floats
    min_p: Floats
    penalty: Floats

    @classmethod
    def of(cls, generations: Sequence[Generation]) -> Sampling:
        import numpy as np

        def column(name: str) -> NDArray[np.float64]:
            return np.array([[getattr(g, name)] for g in generations], dtype=np.float64)

        return cls(
            column("temperature"),
            column("top_k").astype(np.int64),
            column("top_p"),
            column("min_p"),
            column("repetition_penalty"),
        )

    @property
    def penalises(self) -> bool:
        return bool((self.penalty != 1).any())


def candidates_wanted(generations: Sequence[Generation], stops: int) -> int | None:
    """How many of the likeliest tokens each row must look at; None: all of them.

    A penalty and a ban only lower what they touch, at most ``PENALTY_WINDOW`` tokens and
    ``stops`` stop tokens: with so many more, the ``top_k`` of the changed logits are among them.
    """
    kept = [1 if g.temperature == 0 else g.top_k for g in generations]
    if not all(kept):
        return None
    lowered = PENALTY_WINDOW if any(g.repetition_penalty != 1 for g in generations) else 0
    return max(kept) + lowered + (stops if any(g.min_tokens for g in generations) else 0)


def draw(
    ids: Ints, logits: Floats, sampling: Sampling, recent: Ints, banned: Bools, uniform: Floats
) -> Ints:
    """One token for each row, shape (rows,).

    ``ids`` and ``logits`` (rows, candidates) come in any order; ``recent`` (rows, window) holds
    the last tokens, -1 where there are none; ``banned`` (rows, candidates) must not be drawn;
    ``uniform`` (rows,) holds a number in [0, 1) for each row.
    """
    import numpy as np

    logits = logits.astype(np.float64)
    if sampling.penalises:
        seen = (ids[:, :, None] == recent[:, None, :]).any(-1)
        lowered = np.where(logits > 0, logits / sampling.penalty, logits * sampling.penalty)
        logits = np.where(seen, lowered, logits)
    logits = np.where(banned, -np.inf, logits)
    order = np.lexsort((ids, -logits))
    logits = np.take_along_axis(logits, order, -1)
    kept = _kept(logits, sampling)
    greedy = sampling.temperature == 0
    heat = np.where(greedy, 1, sampling.temperature)
    cumulative = _softmax(np.where(kept, logits / heat, -np.inf)).cumsum(-1)
    chosen = (cumulative <= uniform[:, None] * cumulative[:, -1:]).sum(-1, keepdims=True)
    chosen = np.where(greedy, 0, np.minimum(chosen, kept.sum(-1, keepdims=True) - 1))
    return np.take_along_axis(np.take_along_axis(ids, order, -1), chosen, -1)[:, 0]


def _kept(logits: Floats, sampling: Sampling) -> Bools:
    """Which of the sorted candidates may be drawn: always a beginning of the row."""
    import numpy as np

    rank = np.arange(logits.shape[-1])
    allowed = (sampling.top_k == 0) | (rank < sampling.top_k)
    probabilities = _softmax(np.where(allowed, logits, -np.inf))
    before = probabilities.cumsum(-1) - probabilities
    kept = (before < sampling.top_p) & (probabilities >= sampling.min_p * probabilities[:, :1])
    return kept & (probabilities > 0)


def _softmax(logits: Floats) -> Floats:
    import numpy as np

    weights = np.exp(logits - logits[:, :1])
    shares: Floats = weights / weights.sum(-1, keepdims=True)
    return shares
