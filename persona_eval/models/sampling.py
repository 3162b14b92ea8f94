"""Sampling that depends on the request alone, never on its neighbours in a batch.

Every request draws from a stream of its own, seeded by its key. Logits differ by about 1e-5
between batch sizes, so the draw must not depend on the arbitrary order in which a partial sort
leaves the candidates: they are put in order of probability, and one uniform number inverts the
cumulative distribution.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from persona_eval.suite.models import Generation

if TYPE_CHECKING:
    import mlx.core as mx

PENALTY_WINDOW = 64  # tokens that the repetition penalty looks back on

LogitsProcessor = Callable[[Any, Any], Any]


def uniform_draws(key: str, count: int) -> list[float]:
    """``count`` numbers in [0, 1), always the same for a key."""
    import numpy as np

    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:16], "big")
    return [float(u) for u in np.random.Generator(np.random.Philox(key=seed)).random(count)]


class KeyedSampler:
    """Draws one token a step for one request: the ``top_k`` likeliest, then top-p and min-p
    among them, then temperature (for filters in this order, see the sampling of mlx-lm)."""

    def __init__(self, generation: Generation, key: str):
        self.generation = generation
        self._draws = iter(uniform_draws(key, generation.max_tokens + 1))

    def __call__(self, logprobs: mx.array) -> mx.array:
        """Token ids of shape (1,) for log-probabilities of shape (1, vocabulary)."""
        import mlx.core as mx

        if self.generation.temperature == 0:
            return mx.argmax(logprobs, axis=-1)
        tokens, values = self._candidates(logprobs[0])
        kept = self._filter(values)
        cumulative = mx.cumsum(mx.softmax(kept / self.generation.temperature))
        chosen = (cumulative <= next(self._draws) * cumulative[-1]).sum()
        return tokens[mx.minimum(chosen, (kept > -mx.inf).sum() - 1)][None]

    def _candidates(self, logprobs: mx.array) -> tuple[mx.array, mx.array]:
        import mlx.core as mx

        top_k = self.generation.top_k
        logprobs = logprobs.astype(mx.float32)
        if 0 < top_k < logprobs.size:
            ids = mx.sort(mx.argpartition(-logprobs, top_k - 1)[:top_k])
            values = logprobs[ids]
            order = mx.argsort(-values)
            return ids[order], values[order]
        order = mx.argsort(-logprobs)
        return order, logprobs[order]

    def _filter(self, values: mx.array) -> mx.array:
        import mlx.core as mx

        probabilities = mx.softmax(values)
        before = mx.cumsum(probabilities) - probabilities
        keep = before < self.generation.top_p
        keep = keep & (probabilities >= self.generation.min_p * probabilities[0])
        return mx.where(keep, values, -mx.inf)


def logits_processors(generation: Generation, stop_ids: Sequence[int]) -> list[LogitsProcessor]:
    """What changes the logits before the draw, for one request."""
    from mlx_lm.sample_utils import make_repetition_penalty

    processors: list[LogitsProcessor] = []
    if generation.repetition_penalty != 1:
        processors.append(make_repetition_penalty(generation.repetition_penalty, PENALTY_WINDOW))
    if generation.min_tokens:
        processors.append(MinTokens(generation.min_tokens, stop_ids))
    return processors


class MinTokens:
    """Bans *every* stop token for the first ``count`` tokens of one reply."""

    def __init__(self, count: int, stop_ids: Sequence[int]):
        self.count = count
        self.stop_ids = list(stop_ids)
        self._prompt_length: int | None = None

    def __call__(self, tokens: mx.array, logits: mx.array) -> mx.array:
        """``tokens`` holds prompt and reply so far; ``logits`` has shape (1, vocabulary)."""
        import mlx.core as mx

        if self._prompt_length is None:
            self._prompt_length = len(tokens)
        if len(tokens) - self._prompt_length < self.count:
            logits[:, mx.array(self.stop_ids)] = -mx.inf
        return logits
