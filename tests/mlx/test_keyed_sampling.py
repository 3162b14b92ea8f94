"""The draw of a token: filters in order, one uniform number, no dependence on neighbours."""

from __future__ import annotations

from collections import Counter
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.models.sampling import KeyedSampler, MinTokens, logits_processors
from persona_eval.suite.models import Generation

OPEN: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0}
DRAWS = 400


def logprobs(*probabilities: float) -> mx.array:
    return mx.log(mx.array([probabilities]))


def drawn(row: mx.array, **settings: Any) -> Counter[int]:
    """What ``DRAWS`` tokens of one reply are."""
    generation = Generation(**{**OPEN, "max_tokens": DRAWS, **settings})
    sampler = KeyedSampler(generation, "a/0/0/0")
    return Counter(int(sampler(row).item()) for _ in range(DRAWS))


def test_tokens_are_drawn_by_their_probabilities() -> None:
    counts = drawn(logprobs(0.1, 0.6, 0.3))
    assert counts.keys() == {0, 1, 2}
    for token, probability in enumerate((0.1, 0.6, 0.3)):
        assert counts[token] / DRAWS == pytest.approx(probability, abs=0.08)


def test_temperature_0_takes_the_likeliest() -> None:
    assert drawn(logprobs(0.1, 0.5, 0.4), temperature=0).keys() == {1}


def test_a_low_temperature_prefers_the_likeliest_and_a_high_one_levels() -> None:
    row = logprobs(0.2, 0.5, 0.3)
    assert drawn(row, temperature=0.1)[1] > 0.95 * DRAWS
    assert min(drawn(row, temperature=50).values()) > 0.25 * DRAWS


def test_a_tiny_temperature_overflows_nothing() -> None:
    assert drawn(logprobs(0.2, 0.5, 0.3), temperature=1e-6).keys() == {1}


@pytest.mark.parametrize(
    ("settings", "left"),
    [
        ({"top_k": 1}, {3}),
        ({"top_k": 2}, {2, 3}),
        ({"top_k": 99}, {0, 1, 2, 3}),
        ({"top_p": 0.3}, {3}),
        ({"top_p": 0.45}, {2, 3}),
        ({"min_p": 0.6}, {2, 3}),
        ({"min_p": 1.0}, {3}),
        ({"top_k": 3, "top_p": 0.5}, {2, 3}),
    ],
)
def test_filters(settings: dict[str, Any], left: set[int]) -> None:
    assert drawn(logprobs(0.12, 0.18, 0.3, 0.4), **settings).keys() == left


def test_top_p_is_a_share_of_what_top_k_left() -> None:
    """0.4 of 0.7 is 57 %: enough for 0.55 after top_k, not before."""
    row = logprobs(0.12, 0.18, 0.3, 0.4)
    assert drawn(row, top_k=2, top_p=0.55).keys() == {3}
    assert drawn(row, top_p=0.55).keys() == {2, 3}


def test_impossible_tokens_are_never_drawn() -> None:
    row = mx.array([[-mx.inf, 0.0, -mx.inf, 0.0]])
    assert drawn(row, top_k=3).keys() == {1, 3}


def test_half_precision_will_do() -> None:
    row = logprobs(0.2, 0.5, 0.3).astype(mx.bfloat16)
    assert drawn(row, top_k=2).keys() == {1, 2}


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([0, 5, 20]),
    st.sampled_from([0.3, 0.9, 1.0]),
    st.floats(0.2, 2.0),
)
def test_noise_of_another_batch_size_changes_no_draw(
    seed: int, top_k: int, top_p: float, temperature: float
) -> None:
    """Logits of another batch size differ by about 1e-5, which may turn a draw only where it
    falls on a border: almost never."""
    rng = np.random.default_rng(seed)
    row = rng.normal(size=(1, 64)).astype(np.float32) * 3
    noise = rng.normal(size=row.shape).astype(np.float32) * 1e-6
    generation = Generation(top_k=top_k, top_p=top_p, temperature=temperature, max_tokens=8)
    one, other = KeyedSampler(generation, str(seed)), KeyedSampler(generation, str(seed))
    pairs = [(one(mx.array(row)), other(mx.array(row + noise))) for _ in range(8)]
    assert sum(int(a.item()) != int(b.item()) for a, b in pairs) <= 1


def test_min_tokens_bans_all_stop_tokens_for_so_long() -> None:
    banned = MinTokens(2, (1, 3))
    prompt = [7, 7, 7]
    for length, expected in ((3, {1, 3}), (4, {1, 3}), (5, set()), (6, set())):
        logits = banned(mx.array(prompt + [0] * (length - 3)), mx.zeros((1, 5)))
        values = np.array(logits)[0]
        assert {i for i, v in enumerate(values) if np.isneginf(v)} == expected


def test_processors_only_where_they_change_something() -> None:
    plain = Generation(repetition_penalty=1.0)
    assert logits_processors(plain, (1,)) == []
    assert len(logits_processors(Generation(repetition_penalty=1.3, min_tokens=2), (1,))) == 2


def test_the_repetition_penalty_looks_back_64_tokens() -> None:
    (penalty,) = logits_processors(Generation(repetition_penalty=2.0), (1,))
    near = penalty(mx.array([5] + [6] * 63), mx.ones((1, 8)))
    far = penalty(mx.array([5] + [6] * 64), mx.ones((1, 8)))
    assert np.array(near)[0, [5, 6, 7]].tolist() == [0.5, 0.5, 1.0]
    assert np.array(far)[0, [5, 6, 7]].tolist() == [1.0, 0.5, 1.0]
