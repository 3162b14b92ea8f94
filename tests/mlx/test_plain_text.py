"""Plain text under a model, against the sum over its own logits."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from support import tiny_gemma, tiny_llama
from tiny_batches import biased, loaded

from persona_eval.errors import EngineError
from persona_eval.models.mlx import LoadedBase
from persona_eval.models.plain_text import Passage, plain_logprobs

BOS = 2
PASSAGES = [
    Passage("The cup in the sink is", " blue"),
    Passage("The cup in the sink is", " as red as the one on the shelf"),
    Passage("", "It rained all Monday, but on Tuesday the sun came out."),
    Passage("2 + 3 =", " 5"),
]


def by_hand(base: LoadedBase, passage: Passage) -> float:
    """The tokenizer of the tiny models knows bytes, so that nothing melts at the border."""
    before = [BOS, *base.tokenizer.encode(passage.before, add_special_tokens=False)]
    said = base.tokenizer.encode(passage.text, add_special_tokens=False)
    logits = base.model(mx.array([[*before, *said]]))[0].astype(mx.float32)
    found = np.array(logits - mx.logsumexp(logits, axis=-1, keepdims=True))
    return float(np.mean([found[len(before) - 1 + n, token] for n, token in enumerate(said)]))


@pytest.mark.parametrize("make", [tiny_gemma, tiny_llama])
def test_it_is_the_mean_over_the_tokens_of_the_text(make: type[nn.Module], folder: Path) -> None:
    base = loaded(folder, make())
    expected = [by_hand(base, passage) for passage in PASSAGES]
    assert plain_logprobs(base, PASSAGES) == pytest.approx(expected, rel=1e-4)


def test_a_model_that_cannot_be_split_gives_the_same(folder: Path) -> None:
    base = loaded(folder, biased(tiny_gemma(), {7: 3.0}))
    expected = [by_hand(base, passage) for passage in PASSAGES]
    assert plain_logprobs(base, PASSAGES) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("rows", "chunk"), [(1, 1), (3, 5), (2, 1000)])
def test_how_they_are_read_changes_nothing(
    rows: int, chunk: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = loaded(folder)
    whole = plain_logprobs(base, PASSAGES)
    monkeypatch.setattr("persona_eval.models.plain_text.ROWS", rows)
    monkeypatch.setattr("persona_eval.models.plain_text.CHUNK", chunk)
    assert plain_logprobs(base, PASSAGES) == pytest.approx(whole, rel=1e-5)


class Melting:
    """A tokenizer for which a vowel and what follows it are one token."""

    bos_token_id = BOS

    def encode(self, text: str, add_special_tokens: bool) -> list[int]:
        assert not add_special_tokens
        parts = re.findall("[aeiou].?|.", text)
        return [10 + sum(map(ord, part)) % 200 for part in parts]


def test_a_token_across_the_border_belongs_to_the_text(folder: Path) -> None:
    base = replace(loaded(folder), tokenizer=Melting())
    tokens = Melting().encode("bank", False)
    logits = base.model(mx.array([[BOS, *tokens]]))[0].astype(mx.float32)
    found = np.array(logits - mx.logsumexp(logits, axis=-1, keepdims=True))
    expected = np.mean([found[1 + n, token] for n, token in enumerate(tokens[1:])])
    assert len(tokens) == 3, "b, an, k"
    assert plain_logprobs(base, [Passage("ba", "nk")]) == pytest.approx([expected], rel=1e-4)


def test_without_a_token_for_the_beginning_the_first_token_is_given(folder: Path) -> None:
    base = loaded(folder)
    base.tokenizer._tokenizer.bos_token = None
    said = base.tokenizer.encode("abc", add_special_tokens=False)
    logits = base.model(mx.array([said]))[0].astype(mx.float32)
    found = np.array(logits - mx.logsumexp(logits, axis=-1, keepdims=True))
    expected = (found[0, said[1]] + found[1, said[2]]) / 2
    assert plain_logprobs(base, [Passage("", "abc")]) == pytest.approx([expected], rel=1e-4)
    with pytest.raises(EngineError, match="'a' has no tokens"):
        plain_logprobs(base, [Passage("", "a")])


def test_what_has_no_figure_is_said_or_nan(folder: Path) -> None:
    assert plain_logprobs(loaded(folder), []) == []
    with pytest.raises(EngineError, match="has no tokens"):
        plain_logprobs(loaded(folder), [Passage("Before", "")])
    with pytest.raises(EngineError, match="more than the context of tiny"):
        plain_logprobs(loaded(folder, context=8), PASSAGES)
    broken = plain_logprobs(loaded(folder, biased(tiny_gemma(), {7: math.nan})), PASSAGES)
    assert len(broken) == len(PASSAGES)
    assert all(map(math.isnan, broken))
