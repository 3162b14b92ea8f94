"""How likely a model finds a reply, against the sum over its own logits."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from support import tiny_gemma, tiny_llama
from tiny_batches import biased, loaded

from persona_eval.errors import EngineError
from persona_eval.models.base import Message
from persona_eval.models.likelihood import mean_logprobs
from persona_eval.models.mlx import LoadedBase

ASKED = (Message("user", "How are you?"),)
REPLIES = ["Fine.", "I am very well, and how is the little brother today?", "Hm"]


def by_hand(base: LoadedBase, reply: str) -> float:
    prompt = base.encode(ASKED)
    said = base.tokenizer.encode(reply, add_special_tokens=False)
    logits = base.model(mx.array([[*prompt, *said]]))[0].astype(mx.float32)
    found = np.array(logits - mx.logsumexp(logits, axis=-1, keepdims=True))
    return float(np.mean([found[len(prompt) - 1 + n, t] for n, t in enumerate(said)]))


@pytest.mark.parametrize("make", [tiny_gemma, tiny_llama])
def test_it_is_the_mean_over_the_reply_s_tokens(make: type[nn.Module], folder: Path) -> None:
    base = loaded(folder, make())
    expected = [by_hand(base, reply) for reply in REPLIES]
    assert mean_logprobs(base, ASKED, REPLIES) == pytest.approx(expected, rel=1e-4)


def test_a_model_that_cannot_be_split_gives_the_same(folder: Path) -> None:
    base = loaded(folder, biased(tiny_gemma(), {7: 3.0}))
    expected = [by_hand(base, reply) for reply in REPLIES]
    assert mean_logprobs(base, ASKED, REPLIES) == pytest.approx(expected, rel=1e-4)


def test_many_replies_are_read_in_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = loaded(folder)
    whole = mean_logprobs(base, ASKED, REPLIES)
    monkeypatch.setattr("persona_eval.models.likelihood.ROWS", 2)
    monkeypatch.setattr("persona_eval.models.likelihood.CHUNK", 3)
    assert mean_logprobs(base, ASKED, REPLIES) == pytest.approx(whole, rel=1e-5)


def test_what_has_no_likelihood_is_said(folder: Path) -> None:
    with pytest.raises(EngineError, match="no tokens"):
        mean_logprobs(loaded(folder), ASKED, ["Fine.", ""])
    with pytest.raises(EngineError, match="more than the context of tiny"):
        mean_logprobs(loaded(folder, context=8), ASKED, REPLIES)
    with pytest.raises(EngineError, match="not finite"):
        mean_logprobs(loaded(folder, biased(tiny_gemma(), {7: float("nan")})), ASKED, REPLIES)
