"""One step of a model: the likeliest tokens, found without sorting the vocabulary."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import tiny_gemma, tiny_llama

from persona_eval.models.decoding import (
    Decoder,
    _likeliest,
    _likeliest_by_word,
    merged,
    row,
    size_in_bytes,
)
from persona_eval.models.heads import split

PROMPTS = [[3, 4, 5, 6, 7, 8, 9], [10], [11, 12, 13], list(range(20, 70))]


@settings(max_examples=40, deadline=None)
@given(
    rows=st.integers(1, 5),
    blocks=st.integers(1, 40),
    odd=st.sampled_from([0, 1, 32]),
    count=st.one_of(st.none(), st.integers(1, 30)),
    seed=st.integers(0, 99),
)
def test_the_likeliest_are_those_of_a_full_sort(
    rows: int, blocks: int, odd: int, count: int | None, seed: int
) -> None:
    vocabulary = blocks * 64 + odd
    logits = np.random.default_rng(seed).normal(size=(rows, vocabulary)).astype(np.float32)
    wanted = vocabulary if count is None else min(count, vocabulary)
    expected = -np.sort(-logits, axis=-1)[:, :wanted]
    for ids, values in (
        _likeliest(mx.array(logits), count if count is None else wanted),
        _likeliest_by_word(mx.array(logits.T.copy()), count if count is None else wanted),
    ):
        ids, values = np.array(ids), np.array(values)
        assert np.array_equal(np.take_along_axis(logits, ids, -1), values)
        assert np.array_equal(-np.sort(-values, axis=-1)[:, :wanted], expected)


def test_a_number_that_is_none_is_among_the_likeliest() -> None:
    logits = np.zeros((2, 640), dtype=np.float32)
    logits[1, 333] = np.nan
    for _, values in (
        _likeliest(mx.array(logits), 3),
        _likeliest_by_word(mx.array(logits.T.copy()), 3),
    ):
        assert list(np.isfinite(np.array(values).max(axis=-1))) == [True, False]


@pytest.mark.parametrize("model", [tiny_gemma(), tiny_llama(), tiny_llama(tied=True)])
def test_rows_that_were_read_together_give_the_logits_of_each_alone(model: Any) -> None:
    decoder = Decoder(model)
    together = merged([decoder.new_cache() for _ in PROMPTS])
    decoder.read([prompt[:-1] or [2] for prompt in PROMPTS], together)
    ids, logits = decoder.step([prompt[-1] for prompt in PROMPTS], together, None)
    for index, prompt in enumerate(PROMPTS):
        whole = [*(prompt[:-1] or [2]), prompt[-1]]
        alone = np.array(model(mx.array([whole]))[0, -1])
        assert logits[index] == pytest.approx(alone[ids[index]], abs=1e-4)
    cut_out = row(together, 3)
    assert size_in_bytes([cut_out]) <= size_in_bytes([together])


def test_a_model_that_changes_its_logits_is_asked_as_a_whole() -> None:
    class Capped(type(tiny_llama())):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> mx.array:
            return mx.tanh(super().__call__(*args, **kwargs))

    model = tiny_llama()
    plain = split(model, mx.array([[1, 2]]))
    assert plain is not None
    assert plain.matrix is model.lm_head.weight
    model.__class__ = Capped
    assert split(model, mx.array([[1, 2]])) is None
    decoder = Decoder(model)
    cache = merged([decoder.new_cache()])
    decoder.read([[1, 2]], cache)
    _, logits = decoder.step([3], cache, None)
    assert logits[0] == pytest.approx(np.array(model(mx.array([[1, 2, 3]]))[0, -1]), abs=1e-5)
