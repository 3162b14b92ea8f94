"""Quicker forms of what MLX computes slowly on an x86 CPU. The numbers stay the same to float32.

Measured on two cores for Gemma 3 270M, 32 rows, 18 layers: the products of the body as
``weights @ states`` take 65 ms where ``states @ weights`` takes 85 (BLAS copies the weights for
the latter), and the activation 8 ms with a rational function where MLX's hyperbolic tangent,
one thread and no vectors, needs 40.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

ODD = (4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8,
       -8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16)  # fmt: skip
EVEN = (4.89352518554385e-3, 2.26843463243900e-3, 1.18534705686654e-4, 1.19825839466702e-6)
"""tanh x = x P(x²) / Q(x²) for |x| < 7.9, to a few units in the last place of a float32: the
coefficients of Eigen's ``generic_fast_tanh_float``."""
LARGEST = 7.90531110763549805
TINY = 1e-20

EAGER = ("gemma2", "gemma3_text")
"""Architectures of mlx-lm that call their activation as it is. Others compile it for all shapes, and
MLX refuses a function with a derivative of its own there."""
ATTENTION = "scaled_dot_product_attention"
Array = Any


def quicken(model: Any) -> None:
    """Change a float32 model in place, and the activations of ``mlx.nn`` in this process."""
    import mlx.nn as nn
    from mlx_lm.models import base

    kind = _linear()
    for _, module in model.named_modules():
        if type(module) is nn.Linear:
            module.__class__ = kind
        room = sys.modules[type(module).__module__]
        if getattr(room, ATTENTION, None) is base.scaled_dot_product_attention:
            setattr(room, ATTENTION, attention)
    eager = type(model).__module__.rsplit(".", 1)[-1] in EAGER
    nn.gelu_approx = _with_slope(gelu_approx, gelu_approx_slope) if eager else gelu_approx
    nn.silu = silu


def fuse(model: Any) -> None:
    """Add the updates of the LoRA and DoRA layers that a float32 model wears to its weights, in
    layers of their own: the originals stay as they are, for taking the adapter off. Saves the
    small products of each step, at the price of a second copy of the adapted weights."""
    import mlx.core as mx
    from mlx.utils import tree_unflatten
    from mlx_lm.tuner.dora import DoRALinear
    from mlx_lm.tuner.lora import LoRALinear

    kind = _linear()
    fused = []
    for name, module in model.named_modules():
        if isinstance(module, (LoRALinear, DoRALinear)):
            plain = module.fuse()
            plain.__class__ = kind
            fused.append((name, plain))
    if fused:
        mx.eval([plain.parameters() for _, plain in fused])
        model.update_modules(tree_unflatten(fused))
        model.eval()
        model.freeze()


def attention(
    queries: Array, keys: Array, values: Array, cache: Any, scale: float, mask: Any, **more: Any
) -> Array:
    """mlx-lm's attention. With one query a row, query heads that share keys are passed as the
    queries of one head: MLX multiplies once where it would go through the keys for each."""
    from mlx_lm.models.base import scaled_dot_product_attention

    rows, heads, length, width = queries.shape
    shared = keys.shape[1] if not isinstance(keys, tuple) else heads
    if length != 1 or shared == heads or more or not _same_for_all_heads(mask):
        return scaled_dot_product_attention(
            queries, keys, values, cache=cache, scale=scale, mask=mask, **more
        )
    grouped = queries.reshape(rows, shared, heads // shared, width)
    found = scaled_dot_product_attention(grouped, keys, values, cache=cache, scale=scale, mask=mask)
    return found.reshape(rows, heads, length, values.shape[-1])


def _same_for_all_heads(mask: Any) -> bool:
    """No mask, or one of a single query and head. A causal one of one query hides nothing."""
    return mask is None or (not isinstance(mask, str) and mask.ndim == 4 and mask.shape[1] == 1)


def tanh(x: Array) -> Array:
    """Hyperbolic tangent of a float32 array."""
    import mlx.core as mx

    x = mx.clip(x, -LARGEST, LARGEST)
    square = x * x
    return x * _polynomial(ODD, square) / _polynomial(EVEN, square)


def gelu_approx(x: Array) -> Array:
    """The tanh form of GELU, as ``mlx.nn.gelu_approx`` (Hendrycks and Gimpel 2016, section 2)."""
    return 0.5 * x * (1 + tanh(0.7978845608028654 * x * (1 + 0.044715 * x * x)))


def gelu_approx_slope(x: Array, output: Array) -> Array:
    """The derivative of ``gelu_approx`` where it gave ``output``: 1 + tanh is in there already."""
    import mlx.core as mx

    half = mx.where(mx.abs(x) < TINY, 0.5, output / x)  # (1 + tanh) / 2
    x = mx.clip(x, -10, 10)  # beyond, it is 0 and 1 in float32, and the cube below overflows
    inner = 2 * 0.7978845608028654 * x * (1 + 3 * 0.044715 * x * x)
    return half * (1 + inner * (1 - half))


def silu(x: Array) -> Array:
    """x times its sigmoid, as ``mlx.nn.silu``."""
    return 0.5 * x * (1 + tanh(0.5 * x))


def _with_slope(function: Callable[[Array], Array], slope: Callable[[Array, Array], Array]) -> Any:
    """The function, with its derivative computed anew on the way back. Automatic differentiation
    would keep each term of the polynomials: for 800 rows of 2,048 it took 76 ms and 285 MB a
    layer, where this takes 22 ms and 72 MB."""
    import mlx.core as mx

    differentiable = mx.custom_function(function)
    differentiable.vjp(lambda x, towards, output: towards * slope(x, output))
    return differentiable


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """Horner's scheme, the constant term first."""
    total: Array = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def quicken_lora(model: Any) -> None:
    """Change the LoRA layers that a float32 model wears, in place: their update is added by the
    product itself, where mlx-lm scales it and adds it in two more passes over the outputs."""
    import mlx.core as mx
    from mlx_lm.tuner.lora import LoRALinear

    class AddedLoRA(LoRALinear):  # type: ignore[misc]
        def __call__(self, x: Array) -> Array:
            low = self.scale * (self.dropout(x) @ self.lora_a)
            return mx.addmm(self.linear(x), low, self.lora_b)

    for module in model.modules():
        if type(module) is LoRALinear:
            module.__class__ = AddedLoRA


def _linear() -> type:
    """A linear layer that multiplies from the left, except in training: the many rows of a
    training batch pay for a copy of the weights, and what follows is faster in plain order (378
    rows, forward: 2.06 s of processor time against 1.69). It is still an ``mlx.nn.Linear`` to
    whoever looks for those, such as the conversion to LoRA."""
    import mlx.nn as nn

    class LeftLinear(nn.Linear):  # type: ignore[misc]
        def __call__(self, x: Array) -> Array:
            if self.training:
                return super().__call__(x)
            weights = self.weight
            product = (weights @ x.reshape(-1, x.shape[-1]).T).T
            product = product.reshape(*x.shape[:-1], weights.shape[0])
            return product + self.bias if "bias" in self else product

    return LeftLinear
