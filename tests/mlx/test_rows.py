"""A sequence that is written over a finished row: nobody can tell from the logits."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import tiny_gemma, tiny_llama

from persona_eval.models.decoding import Cache, Decoder, merged
from persona_eval.models.rows import put, width

MODELS = {"gemma": tiny_gemma(), "llama": tiny_llama()}
TOKENS = st.integers(6, 250)


def read(decoder: Decoder, tokens: list[int]) -> Cache:
    cache = decoder.new_cache()
    decoder.read([tokens], cache)
    return cache


def alone(model: Any, tokens: list[int]) -> Any:
    return np.array(model(mx.array([tokens]))[0, -1])


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(sorted(MODELS)),
    first=st.lists(st.lists(TOKENS, min_size=1, max_size=20), min_size=2, max_size=4),
    new=st.lists(TOKENS, min_size=1, max_size=12),
    before=st.integers(0, 3),
    data=st.data(),
)
def test_every_row_goes_on_as_it_would_alone(
    name: str, first: list[list[int]], new: list[int], before: int, data: st.DataObject
) -> None:
    decoder = Decoder(MODELS[name])
    cache = merged([read(decoder, tokens) for tokens in first])
    for _ in range(before):
        decoder.step([5] * len(first), cache, None)
    rows = [[*tokens, *[5] * before] for tokens in first]
    index = data.draw(st.integers(0, len(first) - 1))
    if put(cache, index, read(decoder, new)):
        rows[index] = new
    else:
        assert len(new) > max(map(len, rows))
    for _ in range(3):
        ids, logits = decoder.step([7] * len(rows), cache, None)
        rows = [[*tokens, 7] for tokens in rows]
    for tokens, found, order in zip(rows, logits, ids, strict=True):
        assert found == pytest.approx(alone(MODELS[name], tokens)[order], abs=1e-4)


def test_a_damaged_row_leaves_nothing_behind() -> None:
    model = tiny_llama()
    decoder = Decoder(model)
    cache = merged([read(decoder, [9, 8, 7, 6]), read(decoder, [4, 3])])
    for layer in cache:
        layer.keys[1:2] = mx.nan
        layer.values[1:2] = mx.nan
    assert put(cache, 1, read(decoder, [11]))
    ids, logits = decoder.step([12, 12], cache, None)
    assert logits[1] == pytest.approx(alone(model, [11, 12])[ids[1]], abs=1e-4)


def test_what_does_not_fit_changes_nothing() -> None:
    """Too long for the rows, without a token, or a window that has come round."""
    model = tiny_gemma()
    decoder = Decoder(model)
    cache = merged([read(decoder, [9, 8, 7]), read(decoder, [4, 3])])
    assert width(cache) == 3
    assert not put(cache, 1, read(decoder, [1] * 4))
    assert not put(cache, 1, decoder.new_cache())
    ids, logits = decoder.step([5, 5], cache, None)
    assert logits[1] == pytest.approx(alone(model, [4, 3, 5])[ids[1]], abs=1e-4)
    for _ in range(100):
        decoder.step([5, 5], cache, None)
    assert any(getattr(layer, "rotated", False) for layer in cache), "the window has come round"
    assert not put(cache, 1, read(decoder, [2]))
