"""Quicker forms of MLX's own computations: the same numbers."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mlx_lm.models import gemma3_text, llama
from mlx_lm.models.base import scaled_dot_product_attention
from mlx_lm.tuner.utils import linear_to_lora_layers
from support import tiny_gemma, tiny_llama

from persona_eval.models import cpu
from persona_eval.models.adapters import lora_tensors, take_off

POINTS = np.concatenate([np.linspace(-12, 12, 20001), [-1e30, 1e30, 1e-30, 0.0]])


@pytest.fixture(autouse=True)
def own_activations(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``quicken`` changes in ``mlx.nn`` is put back."""
    for name in ("gelu_approx", "silu"):
        monkeypatch.setattr(nn, name, getattr(nn, name))
    for room in (gemma3_text, llama):
        monkeypatch.setattr(room, cpu.ATTENTION, scaled_dot_product_attention)


def test_tanh() -> None:
    found = np.array(cpu.tanh(mx.array(POINTS.astype(np.float32))))
    assert found == pytest.approx(np.tanh(POINTS), abs=5e-7)


@pytest.mark.parametrize("name", ["gelu_approx", "silu"])
def test_activations(name: str) -> None:
    x = mx.array(POINTS[:-4].astype(np.float32))
    own = np.array(getattr(nn.layers.activations, name)(x))
    assert np.array(getattr(cpu, name)(x)) == pytest.approx(own, abs=3e-6)


def test_the_slope_of_an_activation() -> None:
    x = mx.array(POINTS[:-4].astype(np.float32))
    own = nn.layers.activations.gelu_approx
    cpu.quicken(tiny_gemma())
    weights = mx.arange(x.size) / x.size
    for towards in (mx.ones_like(x), weights):
        expected = np.array(mx.grad(lambda v, t=towards: (own(v) * t).sum())(x))
        slope = np.array(mx.grad(lambda v, t=towards: (nn.gelu_approx(v) * t).sum())(x))
        assert slope == pytest.approx(expected, abs=1e-4)
    far = mx.grad(lambda v: nn.gelu_approx(v).sum())(mx.array([-1e30, 1e30]))
    assert far.tolist() == [0.0, 1.0]


def test_an_architecture_that_compiles_its_activation() -> None:
    cpu.quicken(tiny_gemma())
    model = tiny_llama()
    cpu.quicken(model)
    compiled = mx.compile(lambda gate, x: nn.silu(gate) * nn.gelu_approx(x), shapeless=True)
    assert compiled(mx.ones((2, 3)), mx.ones((2, 3))).shape == (2, 3)
    assert model(mx.array([[5, 9]])).shape == (1, 2, 262)


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


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("heads", "shared"), [(4, 1), (4, 2), (4, 4)])
@pytest.mark.parametrize("length", [1, 3])
def test_attention(heads: int, shared: int, length: int, masked: bool) -> None:
    mx.random.seed(1)
    queries = mx.random.normal((3, heads, length, 8))
    keys, values = (mx.random.normal((3, shared, 7, 8)) for _ in range(2))
    mask = mx.random.uniform(shape=(3, 1, length, 7)) > 0.3 if masked else None
    given = {"cache": None, "scale": 0.3, "mask": mask}
    own = scaled_dot_product_attention(queries, keys, values, **given)
    found = cpu.attention(queries, keys, values, **given)
    assert found.shape == own.shape
    assert np.array(found) == pytest.approx(np.array(own), abs=1e-5)


def test_attention_looks_back_from_a_single_query_as_before() -> None:
    queries, keys = mx.random.normal((2, 4, 1, 8)), mx.random.normal((2, 1, 5, 8))
    given = {"cache": None, "scale": 1.0, "mask": "causal"}
    own = np.array(scaled_dot_product_attention(queries, keys, keys, **given))
    assert np.array(cpu.attention(queries, keys, keys, **given)) == pytest.approx(own, abs=1e-5)


@pytest.mark.parametrize("dora", [False, True])
def test_a_fused_adapter_says_the_same_and_comes_off(dora: bool) -> None:
    tokens = mx.array([[5, 9, 200, 13]])
    model = tiny_gemma()
    cpu.quicken(model)
    plain = np.array(model(tokens))
    before = dict(model.named_modules())
    shape = {"rank": 4, "scale": 2.0, "dropout": 0.0, "keys": ["self_attn.q_proj", "mlp.up_proj"]}
    linear_to_lora_layers(model, 2, shape, use_dora=dora)
    mx.random.seed(2)
    for _, module in model.named_modules():
        if hasattr(module, "lora_b"):
            module.lora_b = mx.random.normal(module.lora_b.shape)
    worn = np.array(model(tokens))
    assert np.abs(worn - plain).max() > 1e-2
    cpu.fuse(model)
    assert not lora_tensors(model)
    assert np.array(model(tokens)) == pytest.approx(worn, abs=1e-4)
    take_off(model, {n: m for n, m in before.items() if dict(model.named_modules())[n] is not m})
    assert np.array_equal(np.array(model(tokens)), plain)


def test_lora_layers_add_their_update_in_the_product() -> None:
    tokens = mx.array([[5, 9, 200, 13]])
    model = tiny_gemma()
    shape = {"rank": 4, "scale": 2.0, "dropout": 0.0, "keys": ["self_attn.q_proj", "mlp.up_proj"]}
    linear_to_lora_layers(model, 2, shape)
    for _, module in model.named_modules():
        if hasattr(module, "lora_b"):
            module.lora_b = mx.random.normal(module.lora_b.shape)
    worn = np.array(model(tokens))
    kind = type(model.layers[0].self_attn.q_proj)
    cpu.quicken_lora(model)
    assert type(model.layers[0].self_attn.q_proj) is not kind
    assert isinstance(model.layers[0].self_attn.q_proj, kind)
    assert np.array(model(tokens)) == pytest.approx(worn, abs=1e-4)


def test_a_plain_model_has_nothing_to_fuse() -> None:
    model = tiny_gemma()
    modules = dict(model.named_modules())
    cpu.fuse(model)
    assert dict(model.named_modules()) == modules
