"""The draw: filters in their order, and a token that depends on its own row alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.models.sampling import (
    PENALTY_WINDOW,
    Sampling,
    candidates_wanted,
    draw,
    uniform_draws,
)
from persona_eval.suite.card import Generation

PLAIN = {"temperature": 1.0, "top_k": 0, "top_p": 1.0, "min_p": 0.0, "repetition_penalty": 1.0}


def drawn(
    probabilities: list[float],
    uniform: float,
    recent: tuple[int, ...] = (),
    banned: tuple[int, ...] = (),
    order: list[int] | None = None,
    **settings: Any,
) -> int:
    """The token of one row whose token ``n`` has the probability of that place."""
    ids = np.array([order or list(range(len(probabilities)))])
    logits = np.log(np.array(probabilities))[ids].astype(np.float32)
    window = np.array([(-1,) * (PENALTY_WINDOW - len(recent)) + recent])
    sampling = Sampling.of([Generation(**{**PLAIN, **settings})])
    banned_here = np.isin(ids, banned)
    return int(draw(ids, logits, sampling, window, banned_here, np.array([uniform]))[0])


HALF = [0.1, 0.5, 0.25, 0.15]


@pytest.mark.parametrize(
    ("uniform", "token"),
    [(0.0, 1), (0.49, 1), (0.51, 2), (0.74, 2), (0.76, 3), (0.9, 3), (0.91, 0)],
)
def test_one_number_inverts_the_distribution_from_the_likeliest_on(
    uniform: float, token: int
) -> None:
    assert drawn(HALF, uniform) == token


def test_temperature_0_is_the_likeliest_whatever_the_number() -> None:
    assert drawn(HALF, 0.999, temperature=0) == 1


@pytest.mark.parametrize(
    ("settings", "last"),
    [
        ({"top_k": 2}, 2),
        ({"top_p": 0.6}, 2),
        ({"top_p": 0.5}, 1),
        ({"min_p": 0.4}, 2),
        ({"min_p": 1.0}, 1),
        ({"top_k": 3, "top_p": 0.8}, 2),
    ],
)
def test_filters_leave_the_likeliest(settings: dict[str, Any], last: int) -> None:
    """top_p counts shares of what top_k left: of 0.5, 0.25 and 0.15 two reach 80 %."""
    assert drawn(HALF, 0.9999, **settings) == last


def test_a_penalty_lowers_what_was_said_before_the_filters() -> None:
    assert drawn(HALF, 0.0, recent=(1,), repetition_penalty=4.0) == 2
    assert drawn(HALF, 0.0, recent=(1,), repetition_penalty=1.0) == 1


def test_a_banned_token_is_never_drawn() -> None:
    assert drawn(HALF, 0.0, banned=(1,)) == 2
    assert drawn(HALF, 0.0, banned=(1, 2), temperature=0) == 3


@given(
    st.lists(st.floats(-20, 20, width=32), min_size=2, max_size=40, unique=True),
    st.floats(0, 1, exclude_max=True),
    st.randoms(),
    st.integers(0, 10),
    st.floats(0.05, 1),
    st.floats(0, 1),
    st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    st.sampled_from([1.0, 1.3]),
)
def test_the_order_of_candidates_and_the_neighbours_do_not_matter(
    logits: list[float], uniform: float, shuffle: Any, top_k: int, top_p: float, min_p: float,
    temperature: float, penalty: float,
) -> None:  # fmt: skip
    settings = {"top_k": top_k, "top_p": top_p, "min_p": min_p}
    mine = Generation(temperature=temperature, repetition_penalty=penalty, **settings)
    other = Generation(temperature=0.3, top_k=2)
    count = len(logits)
    shuffled = list(range(count))
    shuffle.shuffle(shuffled)
    recent = np.full((2, PENALTY_WINDOW), 0)
    values = np.array(logits, dtype=np.float32)

    def token(order: list[int], generations: list[Generation]) -> int:
        rows = len(generations)
        ids = np.array([order] * rows)
        chosen = draw(
            ids, values[ids], Sampling.of(generations), recent[:rows],
            np.zeros_like(ids, dtype=bool), np.array([uniform, 0.5][:rows]),
        )  # fmt: skip
        return int(chosen[0])

    alone = token(list(range(count)), [mine])
    assert token(shuffled, [mine, other]) == alone
    assert 0 <= alone < count


@given(
    st.lists(st.floats(-30, 30, width=32), min_size=200, max_size=200, unique=True),
    st.sets(st.integers(0, 199), max_size=PENALTY_WINDOW),
    st.sets(st.integers(0, 199), max_size=3),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 20),
)
def test_so_many_candidates_are_as_good_as_all(
    logits: list[float], recent: set[int], stops: set[int], uniform: float, top_k: int
) -> None:
    generation = Generation(top_k=top_k, repetition_penalty=1.5, min_tokens=4)
    count = candidates_wanted([generation], len(stops))
    assert count is not None
    values = np.array(logits, dtype=np.float32)
    window = np.array([[-1] * (PENALTY_WINDOW - len(recent)) + sorted(recent)])

    def token(ids: np.ndarray) -> int:
        found = draw(
            ids[None], values[ids][None], Sampling.of([generation]), window,
            np.isin(ids, list(stops))[None], np.array([uniform]),
        )  # fmt: skip
        return int(found[0])

    likeliest = np.argsort(-values)[:count]
    assert token(likeliest) == token(np.arange(200))


def test_without_a_cap_all_tokens_are_candidates() -> None:
    capped, uncapped = Generation(top_k=5), Generation(top_k=0)
    assert candidates_wanted([capped, uncapped], 1) is None
    assert candidates_wanted([Generation(top_k=0, temperature=0, repetition_penalty=1)], 1) == 1


def test_frequencies_are_the_probabilities() -> None:
    draws = uniform_draws("frequencies", 4000)
    tokens = [drawn(HALF, u) for u in draws]
    shares = np.bincount(tokens, minlength=4) / len(tokens)
    assert shares == pytest.approx(HALF, abs=0.03)


def test_a_low_temperature_prefers_the_likeliest_and_a_high_one_levels() -> None:
    draws = uniform_draws("temperature", 500)
    shares = [
        np.mean([drawn(HALF, u, temperature=temperature) == 1 for u in draws])
        for temperature in (0.2, 1.0, 5.0)
    ]
    assert shares[0] > 0.9 > shares[1] > 0.4 > shares[2]


@pytest.mark.parametrize("temperature", [1e-6, 1e-3, 1e6])
def test_an_extreme_temperature_overflows_nothing(temperature: float) -> None:
    with np.errstate(over="raise", invalid="raise"):
        token = drawn(HALF, 0.5, temperature=temperature)
    assert token == 1 if temperature < 1 else token in range(4)


def test_impossible_tokens_are_never_drawn() -> None:
    with np.errstate(divide="ignore"):
        assert {drawn([0.5, 0.0, 0.5, 0.0], u) for u in (0.0, 0.5, 0.9999999)} == {0, 2}


@given(st.integers(0, 10**6), st.floats(1e-7, 1e-6))
def test_noise_of_another_batch_size_changes_no_draw_but_at_a_border(
    seed: int, size: float
) -> None:
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(1, 60)) * 4
    noisy = logits + rng.normal(size=logits.shape) * size
    ids, recent = np.arange(60)[None], np.full((1, PENALTY_WINDOW), -1)
    sampling, free = Sampling.of([Generation(top_k=20)]), np.zeros((1, 60), dtype=bool)
    uniform = rng.random(1)

    def token(values: np.ndarray, u: np.ndarray) -> int:
        return int(draw(ids, values, sampling, recent, free, u)[0])

    near = {token(logits, np.clip(uniform + step, 0, 1 - 1e-12)) for step in (-1e-4, 0, 1e-4)}
    assert token(noisy, uniform) in near
