from __future__ import annotations

from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from support import tiny_gemma, tiny_llama

from persona_eval.training.batches import Batch, make_batch
from persona_eval.training.corpus import Conversation
from persona_eval.training.examples import Example
from persona_eval.training.loss import (
    RARE,
    Objective,
    cross_entropy,
    head_losses,
    objective,
    output_rows,
)

MODELS = {
    "gemma3_text, tied": tiny_gemma,
    "llama, own head": tiny_llama,
    "llama, tied": lambda: tiny_llama(tied=True),
}


@pytest.fixture
def batch() -> Batch:
    draw = np.random.default_rng(0)
    spans = [((3, 9), (12, 15)), ((2, 20),), ((5, 7),)]
    return make_batch(
        [
            Example(
                tuple(map(int, draw.integers(1, 262, span[-1][1]))),
                span,
                Conversation((), Path(), 1),
            )
            for span in spans
        ]
    )


def plain_losses(model: Any, batch: Batch) -> Any:
    """The textbook way: all logits, log-softmax, then a mask over reply tokens."""
    losses = []
    for example in batch.examples:
        tokens = mx.array(example.tokens)[None]
        logits = model(tokens[:, :-1]).astype(mx.float32)
        logprobs = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
        for start, end in example.spans:
            losses += [-logprobs[0, at - 1, example.tokens[at]] for at in range(start, end)]
    return mx.stack(losses)


@pytest.mark.parametrize("kind", MODELS)
def test_loss_and_gradient_equal_the_textbook_ones(kind: str, batch: Batch) -> None:
    model = MODELS[kind]()
    model.unfreeze(keys=["weight"], recurse=True)
    for block in model.layers[1:]:
        block.freeze()
    model.model.embed_tokens.freeze()
    ours = objective(model, batch)
    assert ours.body is not None
    loss, gradient = nn.value_and_grad(model.layers[0], ours.mean)(batch)
    plain, expected = nn.value_and_grad(model.layers[0], lambda b: plain_losses(model, b).mean())(
        batch
    )
    assert loss.item() == pytest.approx(plain.item(), rel=1e-5)
    assert ours.total(batch).item() == pytest.approx(plain.item() * len(batch.targets), rel=1e-5)
    for name in ("q_proj", "o_proj"):
        mine, theirs = (np.array(g["self_attn"][name]["weight"]) for g in (gradient, expected))
        np.testing.assert_allclose(mine, theirs, rtol=2e-3, atol=1e-6)
        assert np.abs(theirs).max() > 1e-4


def test_a_model_that_cannot_be_split_gives_the_same_loss(batch: Batch) -> None:
    model = tiny_llama()
    whole, parts = Objective(model), objective(model, batch)
    assert whole.mean(batch).item() == pytest.approx(parts.mean(batch).item(), rel=1e-5)
    assert whole.total(batch).item() == pytest.approx(parts.total(batch).item(), rel=1e-5)


class Capped(nn.Module):
    """Changes its logits after the head, as Gemma 2 does."""

    def __init__(self, inner: Any):
        super().__init__()
        self.inner = inner
        self.model = inner.model

    def __call__(self, tokens: Any) -> Any:
        return mx.tanh(self.inner(tokens) / 2) * 2


class Odd(nn.Module):
    """A body that wants more than tokens."""

    def __init__(self, inner: Any):
        super().__init__()
        self.inner = inner
        self.lm_head = nn.Linear(32, 262)

    def model(self, tokens: Any, images: Any) -> Any:
        return tokens + images

    def __call__(self, tokens: Any) -> Any:
        return self.inner(tokens)


def test_models_that_are_more_than_body_and_head_are_taken_whole(batch: Batch) -> None:
    assert objective(Capped(tiny_gemma()), batch).body is None
    assert objective(Odd(tiny_gemma()), batch).body is None


def test_more_rows_than_a_chunk() -> None:
    head = nn.Linear(8, 50, bias=False)
    hidden, targets = mx.random.normal((300, 8)), tuple(n % 50 for n in range(300))
    losses, slope = head_losses(head, hidden, targets)

    def plain(rows: Any) -> Any:
        return nn.losses.cross_entropy(head(rows), mx.array(targets), reduction="sum")

    np.testing.assert_allclose(slope, mx.grad(plain)(hidden), atol=1e-5)
    assert losses.sum().item() == pytest.approx(plain(hidden).item(), rel=1e-5)


@pytest.mark.parametrize("spread", [0.1, 3.0])
def test_a_head_that_is_a_product_leaves_rare_words_out(spread: float) -> None:
    matrix = mx.random.normal((5000, 8)) * spread
    hidden, targets = mx.random.normal((300, 8)) * 3, tuple(n % 50 for n in range(300))

    def head(rows: Any) -> Any:
        return rows @ matrix.T

    losses, slope = head_losses(head, hidden, targets)
    ours, pull = head_losses(head, hidden, targets, matrix)
    np.testing.assert_allclose(ours, losses, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(pull, slope, atol=5000 * RARE * spread * 5)


def test_extreme_logits_stay_finite() -> None:
    losses, towards = cross_entropy(mx.array([[200.0, -200.0], [0.0, 0.0]]), mx.array([1, 0]))
    np.testing.assert_allclose(losses, [400.0, np.log(2)], rtol=1e-5)
    np.testing.assert_allclose(towards, [[1.0, -1.0], [-0.5, 0.5]])


def test_rows_of_the_output_matrix_also_of_quantised_models() -> None:
    model = tiny_llama()
    rows = output_rows(model)
    assert rows is not None
    plain = rows(10, 20)
    np.testing.assert_array_equal(plain, model.lm_head.weight[10:20])
    nn.quantize(model, group_size=32, bits=8)
    quantised = output_rows(model)
    assert quantised is not None
    np.testing.assert_allclose(quantised(10, 20), plain, atol=0.01)
    assert output_rows(nn.Linear(2, 2)) is None
