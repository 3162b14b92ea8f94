"""A base whose closing token looks like many others is refused, and no other base."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
import pytest
from support import CHATML, tiny_gemma, tiny_llama, tiny_tokenizer

from persona_eval.errors import TrainingError
from persona_eval.training.loss import output_rows
from persona_eval.training.stops import check_stop_tokens, closing_token, lookalikes

EOS, IM_END = 1, 5


def with_lookalikes(token: int, count: int, model: Any = None) -> Any:
    """A model (Gemma, unless given) in which so many tokens have almost the embedding of this
    one."""
    model = model or tiny_gemma()
    table = model.model.embed_tokens.weight
    noise = mx.random.normal((count, table.shape[1])) * 1e-3
    table[100 : 100 + count] = table[token] * 2 + noise
    model.model.embed_tokens.weight = table
    return model


def counted(model: Any, token: int) -> int:
    """The look-alikes of a token in the matrix that scores the vocabulary."""
    rows = output_rows(model)
    assert rows is not None
    return lookalikes(rows, token)


def test_the_closing_token_is_the_templates_own() -> None:
    assert closing_token(tiny_tokenizer()) == EOS
    assert closing_token(tiny_tokenizer(CHATML, stops=["<|im_end|>"])) == IM_END


def test_an_untrained_closing_token_is_refused_with_the_reason() -> None:
    chatml = tiny_tokenizer(CHATML, stops=["<|im_end|>"])
    with pytest.raises(TrainingError, match=r"token 5 \('<\|im_end\|>'\).* of 60 other tokens"):
        check_stop_tokens(with_lookalikes(IM_END, 60), chatml)


def test_only_the_templates_closing_token_matters() -> None:
    model = with_lookalikes(IM_END, 60)
    check_stop_tokens(model, tiny_tokenizer())
    assert (counted(model, IM_END), counted(model, EOS)) == (60, 0)


def test_a_few_lookalikes_and_a_head_of_its_own_pass() -> None:
    few = with_lookalikes(EOS, 20)
    check_stop_tokens(few, tiny_tokenizer())
    assert counted(few, EOS) == 20
    own_head = with_lookalikes(EOS, 60, tiny_llama())
    check_stop_tokens(own_head, tiny_tokenizer())
    assert counted(own_head, EOS) == 0


def test_a_model_that_hides_its_output_matrix_passes() -> None:
    hiding = object()
    check_stop_tokens(hiding, tiny_tokenizer())
    assert output_rows(hiding) is None


def test_lookalikes_are_counted_over_all_chunks_without_the_token_itself() -> None:
    table = mx.zeros((40_000, 4))
    table[:, 0] = 1.0
    table[20_000:, 1] = 5.0
    assert lookalikes(lambda start, end: table[start:end], 3) == 19_999
