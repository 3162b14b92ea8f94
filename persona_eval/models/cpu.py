"""Quicker forms of what MLX computes slowly on an x86 CPU. The numbers stay the same to float32.

Measured on two cores for Gemma 3 270M, 32 rows, 18 layers: the products of the body as
``weights @ states`` take 65 ms where ``states @ weights`` takes 85 (BLAS copies the weights for
the latter), and the activation 8 ms with a rational function where MLX's hyperbolic tangent,
one thread and no vectors, needs 40.
"""

from __future__ import annotations

from typing import Any

ODD = (4.89352455891786e-3, 6.37261928875436e-4, 1.48572235717979e-5, 5.12229709037114e-8,
       -8.60467152213735e-11, 2.00018790482477e-13, -2.76076847742355e-16)  # fmt: skip
EVEN = (4.89352518554385e-3, 2.26843463243900e-3, 1.18534705686654e-4, 1.19825839466702e-6)
"""tanh x = x P(x²) / Q(x²) for |x| < 7.9, to a few units in the last place of a float32: the
coefficients of Eigen's ``generic_fast_tanh_float``."""
LARGEST = 7.90531110763549805

Array = Any


def quicken(model: Any) -> None:
    """Change a float32 model in place, and the activations of ``mlx.nn`` in this process."""
    import mlx.nn as nn

    kind = _linear()
    for _, module in model.named_modules():
        if type(module) is nn.Linear:
            module.__class__ = kind
    nn.gelu_approx = gelu_approx
    nn.silu = silu


def tanh(x: Array) -> Array:
    """Hyperbolic tangent of a float32 array."""
    import mlx.core as mx

    x = mx.clip(x, -LARGEST, LARGEST)
    square = x * x
    return x * _polynomial(ODD, square) / _polynomial(EVEN, square)


def gelu_approx(x: Array) -> Array:
    """The tanh form of GELU, as ``mlx.nn.gelu_approx`` (Hendrycks and Gimpel 2016, section 2)."""
    return 0.5 * x * (1 + tanh(0.7978845608028654 * x * (1 + 0.044715 * x * x)))


def silu(x: Array) -> Array:
    """x times its sigmoid, as ``mlx.nn.silu``."""
    return 0.5 * x * (1 + tanh(0.5 * x))


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """Horner's scheme, the constant term first."""
    total: Array = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def _linear() -> type:
    """A linear layer that multiplies from the left. It is still an ``mlx.nn.Linear`` to whoever
    looks for those, such as the conversion to LoRA."""
    import mlx.nn as nn

    class LeftLinear(nn.Linear):  # type: ignore[misc]
        def __call__(self, x: Array) -> Array:
            weights = self.weight
            product = (weights @ x.reshape(-1, x.shape[-1]).T).T
            product = product.reshape(*x.shape[:-1], weights.shape[0])
            return product + self.bias if "bias" in self else product

    return LeftLinear
