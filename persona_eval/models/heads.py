"""A model as two parts: the body that makes hidden states, and the head that scores words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

TOLERANCE = {"float32": 1e-3}
LOW_PRECISION_TOLERANCE = 3e-2

Array = Any


@dataclass(frozen=True)
class Split:
    """``body`` gives hidden states (examples, length, width) for token ids, and takes ``cache``;
    ``head`` gives logits (rows, vocabulary) for hidden states (rows, width)."""

    body: Callable[..., Array]
    head: Callable[[Array], Array]
    layer: Any
    """The module of the head: an embedding where the two are tied."""

    @property
    def matrix(self) -> Array | None:
        """The head's weights (vocabulary, width) where it is nothing but a product with them."""
        import mlx.nn as nn

        plain = isinstance(self.layer, (nn.Linear, nn.Embedding)) and "bias" not in self.layer
        return self.layer.weight if plain else None


def split(model: Any, tokens: Array) -> Split | None:
    """The parts of a model, where together they give its own logits for these token ids
    (examples, length); None where they do not: some models cap or scale their logits."""
    inner = _inner(model)
    layer = output_layer(model)
    head = getattr(layer, "as_linear", layer)
    if not (callable(inner) and callable(head)):
        return None
    own = model(tokens)
    try:
        ours = head(inner(tokens))
    except (TypeError, ValueError, AttributeError):
        return None
    return Split(inner, head, layer) if _agree(own, ours) else None


def output_layer(model: Any) -> Any:
    """The module that scores the vocabulary, or None."""
    tied = getattr(_inner(model), "embed_tokens", None)
    return getattr(getattr(model, "language_model", model), "lm_head", tied)


def _inner(model: Any) -> Any:
    """The part below the head: ``model.model``, also inside a vision wrapper."""
    return getattr(getattr(model, "language_model", model), "model", None)


def _agree(own: Array, ours: Array) -> bool:
    import mlx.core as mx

    if own.shape != ours.shape:
        return False
    kind = str(own.dtype).rsplit(".", 1)[-1]
    limit = TOLERANCE.get(kind, LOW_PRECISION_TOLERANCE)
    own, ours = own.astype(mx.float32), ours.astype(mx.float32)
    return bool((mx.abs(own - ours).max() <= limit * mx.abs(own).max()).item())
