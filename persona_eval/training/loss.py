"""Cross-entropy over reply tokens, with the vocabulary's head on their rows only.

For a vocabulary of 262,144 words the logits dominate a small model's memory and time. Here
they are computed for the positions that are learnt, a chunk at a time, and their gradient with
respect to the hidden states together with them. Measured on a shared machine, one thread, 256
rows of 640, the better of six: 5.0 s of processor time and 1.5 GB against 6.3 s and 1.75 GB with
automatic differentiation of the same rows. A whole step of Gemma 3 270M that learns 402 of 560
positions peaks at 3.3 GB; with logits at all positions at 4.9 GB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from persona_eval.models.heads import output_layer, split
from persona_eval.training.batches import Batch, even_parts

CHUNK = 256
"""Rows of logits in memory at once: 268 MB of float32 for 262,144 words."""
BLOCK = 4096
"""Words whose logits are computed together on a CPU: they stay in its cache on the way."""
RARE = 1e-7
"""A word that no row of a chunk gives more than this does not pull at the hidden states, on a CPU:
two of three words of 262,144. The gradient of the adapter is off by 7e-4 of itself (rounding one
number to bfloat16: up to 4e-3), and its product takes half the time; the loss is exact."""

Array = Any


@dataclass(frozen=True)
class Objective:
    """Computes the loss of a batch. ``body`` gives hidden states (examples, length, width) for
    token ids, ``head`` gives logits (rows, vocabulary) for hidden states (rows, width). Both
    None: the model's own logits at all positions, for architectures that cannot be split."""

    model: Any
    body: Callable[[Array], Array] | None = None
    head: Callable[[Array], Array] | None = None
    matrix: Array | None = None
    """The head's weights (vocabulary, width) where it is nothing but a product with them."""

    def mean(self, batch: Batch) -> Array:
        """Mean negative log-probability (nats) per reply token; differentiable."""
        import mlx.core as mx

        if self.body is None or self.head is None:
            return self._losses_of_all(batch).mean()
        hidden = self._rows(batch)
        fixed = mx.stop_gradient(hidden)
        losses, slope = head_losses(self.head, fixed, batch.targets, self.matrix)
        # Has the value of the mean loss, and hands `slope` to automatic differentiation.
        lever = (hidden.astype(mx.float32) * mx.stop_gradient(slope)).sum() / len(batch.targets)
        return lever + mx.stop_gradient(losses.mean() - lever)

    def total(self, batch: Batch) -> Array:
        """Sum over the reply tokens; cheaper, and not to be differentiated."""
        import mlx.core as mx

        if self.body is None or self.head is None:
            return self._losses_of_all(batch).sum()
        rows = self._rows(batch)
        parts = [
            _losses(self.head, rows[start:end], targets, self.matrix).sum()
            for start, end, targets in _chunks(batch.targets)
        ]
        return mx.stack(parts).sum()

    def _rows(self, batch: Batch) -> Array:
        import mlx.core as mx

        assert self.body is not None
        hidden = self.body(mx.array(batch.inputs))
        return hidden.reshape(-1, hidden.shape[-1])[mx.array(batch.rows)]

    def _losses_of_all(self, batch: Batch) -> Array:
        import mlx.core as mx
        import mlx.nn as nn

        logits = self.model(mx.array(batch.inputs))
        rows = logits.reshape(-1, logits.shape[-1])[mx.array(batch.rows)]
        return nn.losses.cross_entropy(rows.astype(mx.float32), mx.array(batch.targets))


def objective(model: Any, batch: Batch) -> Objective:
    """The objective for a model: split into body and head where the two together give the
    model's own logits on this batch, whole otherwise (some models cap or scale their logits)."""
    import mlx.core as mx

    parts = split(model, mx.array(batch.inputs)[:1])
    return Objective(model, parts.body, parts.head, parts.matrix) if parts else Objective(model)


def head_losses(
    head: Callable[[Array], Array],
    hidden: Array,
    targets: tuple[int, ...],
    matrix: Array | None = None,
) -> tuple[Array, Array]:
    """Losses (rows,) and their gradient with respect to ``hidden`` (rows, width), float32. On a
    CPU ``matrix``, the weights of a head that has nothing else, makes it quicker."""
    import mlx.core as mx

    losses, slopes = [], []
    for start, end, target in _chunks(targets):
        rows = hidden[start:end]
        if _on_cpu(matrix):
            p, loss = _probabilities(matrix, rows, target)
            slope = _pull(matrix, p, target)
        else:
            loss, towards = cross_entropy(head(rows), target)
            # The head runs once: the forward pass that `vjp` also describes is never evaluated.
            slope = mx.vjp(head, [rows], [towards.astype(rows.dtype)])[1][0]
        losses.append(loss)
        slopes.append(slope.astype(mx.float32))
    return mx.concatenate(losses), mx.concatenate(slopes)


def _losses(
    head: Callable[[Array], Array], rows: Array, targets: Array, matrix: Array | None
) -> Array:
    if _on_cpu(matrix):
        return _probabilities(matrix, rows, targets)[1]
    return cross_entropy(head(rows), targets)[0]


def cross_entropy(logits: Array, targets: Array) -> tuple[Array, Array]:
    """Losses (rows,) and their gradient with respect to the logits, softmax minus one-hot."""
    import mlx.core as mx

    logits = logits.astype(mx.float32)
    normaliser = mx.logsumexp(logits, axis=-1)
    column = targets[:, None]
    losses = normaliser - mx.take_along_axis(logits, column, axis=-1)[:, 0]
    p = mx.exp(logits - normaliser[:, None])
    at_target = mx.take_along_axis(p, column, axis=-1)
    return losses, mx.put_along_axis(p, column, at_target - 1.0, axis=-1)


def _on_cpu(matrix: Array | None) -> bool:
    import mlx.core as mx

    return matrix is not None and matrix.dtype == mx.float32 and mx.default_device() == mx.cpu


def _probabilities(matrix: Array, rows: Array, targets: Array) -> tuple[Any, Array]:
    """Of all words, as NumPy (vocabulary, rows), and the losses (rows,). NumPy, because MLX's
    exponential on x86 took 0.30 s for 64 rows of 262,144, NumPy's 0.05 s; and word by row, because
    so the product takes 0.69 s of processor time for 128 rows instead of 0.89."""
    import mlx.core as mx
    import numpy as np

    states = mx.array(np.asarray(rows.astype(mx.float32)).T)
    p = np.empty((len(matrix), len(targets)), dtype=np.float32)
    blocks = [slice(start, start + BLOCK) for start in range(0, len(p), BLOCK)]
    for block in blocks:
        p[block] = np.asarray(matrix[block] @ states)
    largest = p.max(axis=0)
    at_target = p[np.asarray(targets), np.arange(len(targets))] - largest
    total = np.zeros_like(largest)
    for block in blocks:
        np.subtract(p[block], largest, out=p[block])
        total += np.exp(p[block], out=p[block]).sum(axis=0)
    p /= total
    return p, mx.array(np.log(total) - at_target)


def _pull(matrix: Array, p: Any, targets: Array) -> Array:
    """The gradient of the losses with respect to the rows (rows, width), by the words that are
    not rare. Changes ``p`` in place."""
    import mlx.core as mx
    import numpy as np

    counts, words = p.max(axis=1) > RARE, np.asarray(targets)
    counts[words] = True
    p[words, np.arange(len(words))] -= 1.0
    chosen = np.flatnonzero(counts)
    return mx.array(p[chosen]).T @ matrix[mx.array(chosen)]


def output_rows(model: Any) -> Callable[[int, int], Array] | None:
    """Rows ``start:end`` of the matrix that scores the vocabulary, as float32 (rows, width);
    None for an architecture that does not show it."""
    layer = output_layer(model)
    return None if layer is None else lambda start, end: _weights(layer, start, end)


def _chunks(targets: tuple[int, ...]) -> list[tuple[int, int, Array]]:
    """Borders and targets of chunks, as even as can be: a few rows cost as much as many."""
    import mlx.core as mx

    parts, start, found = even_parts(targets, CHUNK), 0, []
    for part in parts:
        found.append((start, start + len(part), mx.array(list(part))))
        start += len(part)
    return found


def _weights(layer: Any, start: int, end: int) -> Array:
    import mlx.core as mx

    if "scales" not in layer:
        return layer.weight[start:end].astype(mx.float32)
    biases = layer.biases[start:end] if "biases" in layer else None
    plain = mx.dequantize(
        layer.weight[start:end],
        layer.scales[start:end],
        biases,
        group_size=layer.group_size,
        bits=layer.bits,
        mode=getattr(layer, "mode", "affine"),
    )
    return plain.astype(mx.float32)
