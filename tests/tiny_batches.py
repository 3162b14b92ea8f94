"""Batches on tiny models: what their tests share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from support import TEMPLATE, tiny_gemma, tiny_tokenizer

from persona_eval.models.base import Message, Reply, Request
from persona_eval.models.batching import MLXBatch
from persona_eval.models.mlx import LoadedBase
from persona_eval.suite.card import Generation

EOS, IM_END = 1, 5


def loaded(
    folder: Path,
    model: Any = None,
    stops: Sequence[str] = ("<eos>",),
    template: str = TEMPLATE,
    context: int = 4096,
) -> LoadedBase:
    (folder / "config.json").write_text(json.dumps({"max_position_embeddings": context}))
    tokenizer = tiny_tokenizer(template, stops)
    return LoadedBase("tiny", folder, "f", model or tiny_gemma(), tokenizer)


def request(key: str = "a/0/0/0", prompt: str = "Hi", **settings: Any) -> Request:
    plain = {"max_tokens": 12, "repetition_penalty": 1.0}
    return Request(key, (Message("user", prompt),), Generation(**{**plain, **settings}))


def replies(base: LoadedBase, requests: Sequence[Request], size: int = 32) -> dict[str, Reply]:
    """All replies by key, from one batch."""
    batch, found = MLXBatch(base, size), {}
    batch.submit(requests)
    while batch.pending:
        for asked, reply in batch.step():
            assert asked in requests
            found[asked.key] = reply
    batch.close()
    return found


def only(base: LoadedBase, asked: Request) -> Reply:
    return replies(base, [asked])[asked.key]


def plain(reply: Reply) -> tuple[str, str, int, int]:
    return reply.text, reply.finish_reason, reply.tokens, reply.prompt_tokens


def biased(model: Any, tokens: dict[int, float]) -> Any:
    """The model with a liking for some tokens."""

    class Biased(type(model)):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> mx.array:
            logits = super().__call__(*args, **kwargs)
            bias = np.zeros(logits.shape[-1], dtype=np.float32)
            for token, value in tokens.items():
                bias[token] = value
            return logits + mx.array(bias)

    model.__class__ = Biased
    return model


MANY = [
    request(
        f"case-{n}/0/0/0",
        "word " * (1 + 3 * n),
        max_tokens=4 + 2 * n,
        temperature=(0.0, 0.8, 1.5)[n % 3],
        top_k=(0, 20)[n % 2],
        top_p=(1.0, 0.9)[n % 2],
        min_p=(0.0, 0.02)[n // 2 % 2],
        repetition_penalty=(1.0, 1.3)[n % 2],
        min_tokens=n % 4,
    )
    for n in range(9)
]
