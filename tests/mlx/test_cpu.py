"""Quicker forms of MLX's own computations: the same numbers."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import tiny_gemma, tiny_llama

from persona_eval.models import cpu

POINTS = np.concatenate([np.linspace(-12, 12, 20001), [-1e30, 1e30, 1e-30, 0.0]])


@pytest.fixture(autouse=True)
def own_activations(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``quicken`` changes in ``mlx.nn`` is put back."""
    for name in ("gelu_approx", "silu"):
        monkeypatch.setattr(nn, name, getattr(nn, name))


def test_tanh() -> None:
    found = np.array(cpu.tanh(mx.array(POINTS.astype(np.float32))))
    assert found == pytest.approx(np.tanh(POINTS), abs=5e-7)


@pytest.mark.parametrize("name", ["gelu_approx", "silu"])
def test_activations(name: str) -> None:
    x = mx.array(POINTS[:-4].astype(np.float32))
    own = np.array(getattr(nn.layers.activations, name)(x))
    assert np.array(getattr(cpu, name)(x)) == pytest.approx(own, abs=3e-6)
    own_slope, slope = (
        np.array(mx.grad(lambda v, f=f: f(v).sum())(x))
        for f in (getattr(nn.layers.activations, name), getattr(cpu, name))
    )
    assert slope == pytest.approx(own_slope, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.integers(1, 5), min_size=0, max_size=3), st.integers(1, 9), st.integers(1, 9),
    st.booleans(),
)  # fmt: skip
def test_a_linear_layer(outer: list[int], width: int, out: int, bias: bool) -> None:
    layer = nn.Linear(width, out, bias=bias)
    x = mx.random.normal((*outer, width))
    own = np.array(layer(x))
    layer.__class__ = cpu._linear()
    assert np.array(layer(x)) == pytest.approx(own, abs=1e-5)


@pytest.mark.parametrize("make", [tiny_gemma, tiny_llama])
def test_a_model_gives_the_same_logits_and_takes_lora(make: Any) -> None:
    tokens = mx.array([[5, 9, 200, 13], [7, 7, 8, 100]])
    own = np.array(make()(tokens))
    quick = make()
    cpu.quicken(quick)
    assert np.array(quick(tokens)) == pytest.approx(own, abs=1e-4)
    from mlx_lm.tuner.utils import linear_to_lora_layers

    linear_to_lora_layers(quick, 2, {"rank": 2, "scale": 1.0, "dropout": 0.0})
    assert any("lora_a" in name for name, _ in _parameters(quick))
    assert np.array(quick(tokens)) == pytest.approx(own, abs=1e-4), "lora_b begins as zero"


def _parameters(model: Any) -> Any:
    from mlx.utils import tree_flatten

    return tree_flatten(model.trainable_parameters())
