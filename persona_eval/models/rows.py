"""The keys and values of a batch's rows: a new sequence is written over a finished one.

Merging caches copies the keys and values of all rows, and the first step afterwards copies them
again to have room to grow. Written in place, a row costs no more than itself.
"""

from __future__ import annotations

from typing import Any

from persona_eval.models.decoding import Cache

Layer = Any


def put(cache: Cache, index: int, single: Cache) -> bool:
    """Write the cache of one sequence over the row of a cache of several.

    False, with nothing changed, where that cannot be: the sequence is longer than the rows are,
    or a layer does not keep keys and values in the order of their tokens, such as a sliding
    window that has come round.
    """
    pairs = list(zip(cache, single, strict=True))
    if not all(_fits(rows, one) for rows, one in pairs):
        return False
    for rows, one in pairs:
        _overwrite(rows, index, one)
    return True


def width(cache: Cache) -> int:
    """Tokens of the longest row, the padding on its left included."""
    return max((layer.size() for layer in cache), default=0)


def _fits(rows: Layer, one: Layer) -> bool:
    from mlx_lm.models.cache import BatchKVCache, BatchRotatingKVCache

    in_order = type(rows) is BatchKVCache or (
        type(rows) is BatchRotatingKVCache and not rows.rotated
    )
    return in_order and 0 < one.size() <= rows.size()


def _overwrite(rows: Layer, index: int, one: Layer) -> None:
    """The padding is written too: a NaN of the row before would get through its mask."""
    alone = type(rows).merge([one])
    end = rows.size()
    start = end - alone.size()
    place = slice(index, index + 1)
    for kept, new in ((rows.keys, alone.keys), (rows.values, alone.values)):
        kept[place, :, :start] = 0
        kept[place, :, start:end] = new[:, :, : alone.size()]
    rows.left_padding[index] = start
    rows.offset[index] = alone.offset[0]
