"""Where the time of a training step goes, part by part, on one batch of middling size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from training_ways import _base, recipe
from training_work import Work
from ways import alternating

Array = Any
ROUNDS = 7


@dataclass(frozen=True)
class Sizes:
    """Of a batch: examples, their padded length, and positions that are learnt."""

    examples: int
    length: int
    learnt: int

    @property
    def positions(self) -> int:
        return self.examples * self.length


def parts(work: Work) -> dict[str, Any]:
    """Seconds of each part, medians of rounds in which the parts take turns."""
    from persona_eval.training.batches import valid_batches
    from persona_eval.training.corpus import read_conversations
    from persona_eval.training.examples import tokenize
    from persona_eval.training.loop import Loop
    from persona_eval.training.loss import objective
    from persona_eval.training.train import lora_config, wearing_new

    base, how = _base(), recipe(work)
    examples = tokenize(read_conversations(work.train), base.tokenizer, how.max_length)
    goal = objective(base.model, next(valid_batches(examples, 1)))
    with wearing_new(base.model, lora_config(how, base), how.seed):
        loop = Loop(how, goal, examples, [])
        batches = [batch for group in loop.groups(1) for batch in group]
        batch = sorted(batches, key=lambda each: each.positions)[len(batches) // 2]
        sizes = Sizes(len(batch.inputs), len(batch.inputs[0]), len(batch.rows))
        base.model.train()
        tasks = {
            **_step(loop, batch),
            **_body(goal, batch),
            **_head(goal, batch),
            **_products(base.model, sizes),
            **_activations(base.model, sizes),
            **_adapters(base.model, sizes),
        }
        seconds = alternating(tasks, ROUNDS)
    return {"batch": _described(sizes, batch), "seconds": _told(seconds)}


def _described(sizes: Sizes, batch: Any) -> str:
    read = sum(len(row.tokens) - 1 for row in batch.examples)
    return (
        f"{sizes.examples} examples of {sizes.length} positions, {1 - read / sizes.positions:.0%} of "
        f"them padding, {sizes.learnt} learnt"
    )


def _told(seconds: dict[str, float]) -> dict[str, float]:
    """With what is left over once the parts are taken off."""
    whole = seconds.pop("forward and backward of the body")
    forward = seconds["forward of the body"]
    split = {
        "step": seconds.pop("step"),
        "forward of the body": seconds.pop("forward of the body"),
        "backward of the body": whole - forward,
        "head and loss": seconds.pop("head and loss"),
        "clipping and AdamW": seconds.pop("clipping and AdamW"),
    }
    inside = {f"– {name}": taken for name, taken in seconds.items()}
    counted = sum(taken for name, taken in seconds.items() if "head" not in name)
    rest = {"– the rest of the body: norms, rotations, attention, residuals": whole - counted}
    return split | inside | rest


def _step(loop: Any, batch: Any) -> dict[str, Callable[[], Any]]:
    """A whole step, and its last part on gradients that are there."""
    import mlx.core as mx
    import mlx.optimizers as optim

    model, optimizer, clip = loop.objective.model, loop.optimizer, loop.recipe.clip
    kept = loop.gradient(batch)[1]
    mx.eval(kept)

    def finish() -> None:
        clipped, norm = optim.clip_grad_norm(kept, clip)
        optimizer.update(model, clipped)
        mx.eval(norm, model.trainable_parameters(), optimizer.state)

    return {"step": lambda: loop.update([batch], 0.0), "clipping and AdamW": finish}


def _body(goal: Any, batch: Any) -> dict[str, Callable[[], Any]]:
    """Hidden states of the learnt positions, and their pull back to the adapter."""
    import mlx.core as mx
    import mlx.nn as nn

    slope = mx.random.normal(goal._rows(batch).shape)
    pull = nn.value_and_grad(goal.model, lambda: (goal._rows(batch) * slope).sum())
    return {
        "forward of the body": lambda: mx.eval(goal._rows(batch)),
        "forward and backward of the body": lambda: mx.eval(pull()),
    }


def _head(goal: Any, batch: Any) -> dict[str, Callable[[], Any]]:
    """Loss and its gradient, and of this the two products with the vocabulary's matrix."""
    import mlx.core as mx
    from mlx.utils import tree_flatten

    from persona_eval.training.loss import CHUNK, head_losses

    hidden = goal._rows(batch)
    vocabulary = max((w for _, w in tree_flatten(goal.model.parameters())), key=lambda w: w.size)
    mx.eval(hidden)

    def products() -> None:
        for start in range(0, len(batch.rows), CHUNK):
            logits = hidden[start : start + CHUNK] @ vocabulary.T
            mx.eval(logits @ vocabulary)

    return {
        "head and loss": lambda: mx.eval(
            head_losses(goal.head, hidden, batch.targets, goal.matrix)
        ),
        "products of head and loss": products,
    }


def _products(model: Any, sizes: Sizes) -> dict[str, Callable[[], Any]]:
    """Bare products with the frozen matrices of the blocks, there and back."""
    import mlx.core as mx

    matrices = [layer.linear.weight for _, layer in _worn(model)]
    states = {n: _random(sizes, n) for n in {size for w in matrices for size in w.shape}}
    return {
        "products with the frozen weights": lambda: mx.eval(
            [states[w.shape[1]] @ w.T for w in matrices],
            [states[w.shape[0]] @ w for w in matrices],
        )
    }


def _activations(model: Any, sizes: Sizes) -> dict[str, Callable[[], Any]]:
    """The activation of every block, there and back."""
    import mlx.core as mx
    import mlx.nn as nn

    width = max(layer.linear.weight.shape[0] for _, layer in _worn(model))
    states, slope = _random(sizes, width), _random(sizes, width)

    def both() -> None:
        for _ in model.layers:
            mx.eval(mx.vjp(nn.gelu_approx, [states], [slope]))

    return {"activations": both}


def _adapters(model: Any, sizes: Sizes) -> dict[str, Callable[[], Any]]:
    """What LoRA adds to the products, there and back."""
    import mlx.core as mx

    layers = [layer for _, layer in _worn(model)]
    widths = {size for layer in layers for size in layer.linear.weight.shape}
    states = {n: _random(sizes, n) for n in widths}

    def both() -> None:
        for layer in layers:
            outputs, inputs = layer.linear.weight.shape

            def added(x: Array, y: Array, a: Array, b: Array, scale: float = layer.scale) -> Array:
                return y + scale * ((x @ a) @ b)

            start = [states[inputs], states[outputs], layer.lora_a, layer.lora_b]
            mx.eval(mx.vjp(added, start, [states[outputs]]))

    return {"products and sums of LoRA": both}


def _worn(model: Any) -> list[tuple[str, Any]]:
    return [(name, m) for name, m in model.named_modules() if hasattr(m, "lora_a")]


def _random(sizes: Sizes, width: int) -> Array:
    import mlx.core as mx

    states = mx.random.normal((sizes.positions, width))
    mx.eval(states)
    return states
