"""How likely a model finds a reply, against the sum over its own logits."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from support import CHATML, TEMPLATE, tiny_gemma, tiny_llama
from tiny_batches import biased, loaded

from persona_eval.errors import EngineError
from persona_eval.models.base import Message
from persona_eval.models.likelihood import mean_logprobs, said
from persona_eval.models.mlx import LoadedBase
from persona_eval.training.corpus import Conversation
from persona_eval.training.corpus import Message as Line
from persona_eval.training.examples import examples_of

ASKED = (Message("user", "How are you?"),)
REPLIES = ["Fine.", "I am very well, and how is the little brother today?", "Hm"]
LONG = (Message("user", "How are you? " * 9),)
"""Longer than the sliding window of the tiny Gemma."""
OPENED = (
    "{% for m in messages %}{% if m['role'] == 'assistant' %}Reply:\n{{ m['content'] }}<|im_end|>\n"
    "{% else %}User: {{ m['content'] }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}Reply:\n<think>{% endif %}"
)
"""Opens a thought that it does not write into finished turns."""


def by_hand(base: LoadedBase, reply: str, asked: tuple[Message, ...] = ASKED) -> float:
    prompt = base.encode(asked)
    said = base.tokenizer.encode(f" {reply}", add_special_tokens=False)
    logits = base.model(mx.array([[*prompt, *said]]))[0].astype(mx.float32)
    found = np.array(logits - mx.logsumexp(logits, axis=-1, keepdims=True))
    return float(np.mean([found[len(prompt) - 1 + n, t] for n, t in enumerate(said)]))


@pytest.mark.parametrize("make", [tiny_gemma, tiny_llama])
def test_it_is_the_mean_over_the_reply_s_tokens(make: type[nn.Module], folder: Path) -> None:
    base = loaded(folder, make())
    expected = [by_hand(base, reply) for reply in REPLIES]
    assert mean_logprobs(base, ASKED, REPLIES) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("make", [tiny_gemma, tiny_llama])
def test_a_prompt_of_any_length_is_read_once(make: type[nn.Module], folder: Path) -> None:
    base = loaded(folder, make())
    expected = [by_hand(base, reply, LONG) for reply in REPLIES]
    assert mean_logprobs(base, LONG, REPLIES) == pytest.approx(expected, rel=1e-4)


def test_a_long_prompt_is_read_in_parts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = loaded(folder)
    whole = mean_logprobs(base, LONG, REPLIES)
    monkeypatch.setattr("persona_eval.models.likelihood.STEP", 50)
    assert mean_logprobs(base, LONG, REPLIES) == pytest.approx(whole, rel=1e-4)


def test_caches_that_cannot_be_joined_are_done_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = loaded(folder)
    whole = mean_logprobs(base, LONG, REPLIES)
    monkeypatch.setattr("mlx_lm.models.cache.make_prompt_cache", lambda _: [object()])
    assert mean_logprobs(base, LONG, REPLIES) == pytest.approx(whole, rel=1e-4)


@pytest.mark.parametrize(
    ("template", "stop"), [(TEMPLATE, "<eos>"), (CHATML, "<|im_end|>"), (OPENED, "<|im_end|>")]
)
def test_a_reply_is_read_as_adapters_learn_it(folder: Path, template: str, stop: str) -> None:
    base = loaded(folder, stops=(stop,), template=template)
    lines = (Line("user", "Hello?"), Line("assistant", "Ahoy!"))
    (example,) = examples_of(Conversation(lines, folder / "train.jsonl", 1), base.tokenizer)
    ((start, end),) = example.spans
    asked = [Message("user", "Hello?")]
    read = said(base, asked, base.encode(asked), "Ahoy!")
    assert read == list(example.tokens[start : end - 1])


def test_a_template_without_a_stop_token_leaves_the_bare_reply(folder: Path) -> None:
    base = loaded(folder, template=CHATML)
    read = said(base, ASKED, base.encode(ASKED), "Ahoy!")
    assert base.tokenizer.decode(read) == "Ahoy!"


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
        mean_logprobs(loaded(folder), ASKED, ["Fine.", " "])
    with pytest.raises(EngineError, match="more than the context of tiny"):
        mean_logprobs(loaded(folder, context=8), ASKED, REPLIES)
    with pytest.raises(EngineError, match="not finite"):
        mean_logprobs(loaded(folder, biased(tiny_gemma(), {7: float("nan")})), ASKED, REPLIES)
