"""One step of a language model over rows of different lengths: the likeliest next tokens.

Two things keep a step near its matrix products on a CPU. Log-probabilities are never taken over
the whole vocabulary: 32 rows of 262,144 words cost 0.4 s, and sampling only needs the likeliest
few. And the head is multiplied as ``weights @ states``, for which BLAS took 0.14 s where
``states @ weights`` took 0.23 s.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from persona_eval.models.heads import split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Candidates = tuple[NDArray[np.int64], NDArray[np.float32]]

BLOCK = 64
"""Words of a block: a row's top k are in the k blocks with the largest maxima."""
CHUNK = 512
"""Tokens of a row that are read at a time: bounds the memory of attention."""
Array = Any
Cache = list[Any]
"""One entry a layer, as mlx-lm makes them."""


class Decoder:
    """A model with the adapter it wears now. It must not change while this is in use."""

    def __init__(self, model: Any):
        import mlx.core as mx

        self.model = model
        self._parts = split(model, mx.array([[1, 2, 3]]))
        self._by_word = mx.default_device() == mx.cpu and self._parts is not None
        self._weights = self._parts.matrix if self._by_word and self._parts else None

    def new_cache(self) -> Cache:
        """An empty cache for one sequence."""
        from mlx_lm.models.cache import make_prompt_cache

        return list(make_prompt_cache(self.model))

    def read(self, rows: Sequence[Sequence[int]], cache: Cache) -> None:
        """Take tokens, as many as each row has, into a cache; the head is never computed."""
        import mlx.core as mx

        lengths = [len(tokens) for tokens in rows]
        padding = [max(lengths) - length for length in lengths]
        padded = mx.array(
            [[*tokens, *[0] * pad] for tokens, pad in zip(rows, padding, strict=True)]
        )
        if any(padding):
            for layer in cache:
                layer.prepare(lengths=lengths, right_padding=padding)
        for start in range(0, max(lengths), CHUNK):
            self.model(padded[:, start : start + CHUNK], cache=cache)
            mx.eval([layer.state for layer in cache])
        if any(padding):
            for layer in cache:
                layer.finalize()

    def step(self, tokens: Sequence[int], cache: Cache, count: int | None) -> Candidates:
        """Take one token a row into the cache of several, and score the next one.

        Returns ids and logits of the ``count`` likeliest tokens (None: all), in any order, each
        of shape (rows, count). A row in which the model gave a NaN has one here.
        """
        import mlx.core as mx

        column = mx.array(list(tokens))[:, None]
        if self._weights is None or self._parts is None:
            found = _likeliest(self.model(column, cache=cache)[:, -1], count)
        else:
            states = self._parts.body(column, cache=cache)[:, -1]
            found = _likeliest_by_word(self._weights @ states.T, count)
        mx.eval(found, [layer.state for layer in cache])
        return _numpy(*found)


def merged(caches: Sequence[Cache]) -> Cache:
    """The caches of single sequences as one cache of several rows."""
    return [layers[0].merge(list(layers)) for layers in zip(*caches, strict=True)]


def row(cache: Cache, index: int) -> Cache:
    """The cache of one row."""
    return [layer.extract(index) for layer in cache]


def size_in_bytes(caches: Iterable[Cache]) -> int:
    """Memory of the keys and values."""
    return sum(int(layer.nbytes) for cache in caches for layer in cache)


def _likeliest(logits: Array, count: int | None) -> tuple[Array, Array]:
    """For logits of shape (rows, vocabulary)."""
    import mlx.core as mx

    rows, vocabulary = logits.shape
    logits = logits.astype(mx.float32)
    block = math.gcd(vocabulary, BLOCK)
    if count is None or count * block >= vocabulary:
        return _all(logits)
    blocks = logits.reshape(rows, -1, block)
    maxima = blocks.max(axis=-1)
    best = _top(maxima, count)
    values = mx.take_along_axis(blocks, best[:, :, None], axis=1).reshape(rows, -1)
    return _best_of(_members(best, block), values, count, maxima)


def _likeliest_by_word(logits: Array, count: int | None) -> tuple[Array, Array]:
    """For logits of shape (vocabulary, rows)."""
    import mlx.core as mx

    vocabulary, rows = logits.shape
    block = math.gcd(vocabulary, BLOCK)
    if count is None or count * block >= vocabulary:
        return _all(logits.T)
    maxima = logits.reshape(-1, block, rows).max(axis=1).T
    members = _members(_top(maxima, count), block)
    return _best_of(members, logits[members, mx.arange(rows)[:, None]], count, maxima)


def _all(logits: Array) -> tuple[Array, Array]:
    import mlx.core as mx

    return mx.broadcast_to(mx.arange(logits.shape[-1]), logits.shape), logits


def _members(blocks: Array, size: int) -> Array:
    """Token ids in each row's blocks."""
    import mlx.core as mx

    return (blocks[:, :, None] * size + mx.arange(size)).reshape(blocks.shape[0], -1)


def _best_of(ids: Array, values: Array, count: int, maxima: Array) -> tuple[Array, Array]:
    """The likeliest of those that were found. A NaN anywhere, which ``max`` hands on and a
    partition hides, makes the whole row NaN."""
    import mlx.core as mx

    best = _top(values, count)
    values = mx.take_along_axis(values, best, axis=-1)
    broken = mx.isnan(maxima.max(axis=-1, keepdims=True))
    return mx.take_along_axis(ids, best, axis=-1), mx.where(broken, mx.nan, values)


def _top(values: Array, count: int) -> Array:
    import mlx.core as mx

    return mx.argpartition(-values, count - 1, axis=-1)[:, :count]


def _numpy(ids: Array, logits: Array) -> Candidates:
    import numpy as np

    return np.array(ids).astype(np.int64), np.array(logits)
