"""How likely a model finds given replies: their log-probabilities, without sampling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from persona_eval.errors import EngineError
from persona_eval.models.base import Message
from persona_eval.models.heads import split

if TYPE_CHECKING:
    from persona_eval.models.mlx import LoadedBase

ROWS = 16
"""Replies that are read at once."""
CHUNK = 128
"""Positions whose logits are in memory at once: 134 MB of float32 for 262,144 words."""
Array = Any


def mean_logprobs(
    base: LoadedBase, messages: Sequence[Message], replies: Sequence[str]
) -> list[float]:
    """Mean log-probability (nats) per token of each reply to these messages, under the model
    with the adapter it wears now. The stop token does not count, so that a reply is not marked
    down for being short. Raises EngineError for a reply without tokens, for a conversation
    longer than the model's context, and for logits that are not finite.
    """
    prompt = base.encode(messages)
    rows = [base.tokenizer.encode(reply, add_special_tokens=False) for reply in replies]
    for reply, tokens in zip(replies, rows, strict=True):
        if not tokens:
            raise EngineError(f"the reply {reply!r} has no tokens, and so no likelihood")
        if len(prompt) + len(tokens) > base.context:
            raise EngineError(
                f"conversation and reply are {len(prompt) + len(tokens)} tokens long, more than "
                f"the context of {base.name} ({base.context}): shorten “{reply[:60]}”"
            )
    parts = (rows[start : start + ROWS] for start in range(0, len(rows), ROWS))
    return [mean for some in parts for mean in _means(base, prompt, some)]


def _means(
    base: LoadedBase, prompt: Sequence[int], replies: Sequence[Sequence[int]]
) -> Iterator[float]:
    """Attention looks back only, so that padding on the right changes nothing."""
    import numpy as np

    inputs = [[*prompt, *tokens[:-1]] for tokens in replies]
    length = max(map(len, inputs))
    places = [
        number * length + len(prompt) - 1 + position
        for number, tokens in enumerate(replies)
        for position in range(len(tokens))
    ]
    padded = [[*row, *[0] * (length - len(row))] for row in inputs]
    targets = [token for tokens in replies for token in tokens]
    found = np.concatenate(list(_logprobs(base.model, padded, places, targets)))
    if not np.isfinite(found).all():
        raise EngineError(f"{base.name} gives logits that are not finite: its adapter is broken")
    ends = np.cumsum([len(tokens) for tokens in replies])[:-1]
    yield from (float(part.mean()) for part in np.split(found, ends))


def _logprobs(
    model: Any, inputs: list[list[int]], places: list[int], targets: list[int]
) -> Iterator[Array]:
    """Of each target at its place among the flattened positions; the head is multiplied for
    these alone where the model can be split."""
    import mlx.core as mx
    import numpy as np

    tokens = mx.array(inputs)
    parts = split(model, mx.array([[1, 2, 3]]))
    states = model(tokens) if parts is None else parts.body(tokens)
    states = states.reshape(-1, states.shape[-1])[mx.array(places)]
    for start in range(0, len(places), CHUNK):
        rows = states[start : start + CHUNK]
        logits = (rows if parts is None else parts.head(rows)).astype(mx.float32)
        wanted = mx.array(targets[start : start + CHUNK])[:, None]
        taken = mx.take_along_axis(logits, wanted, axis=-1)[:, 0]
        yield np.array(taken - mx.logsumexp(logits, axis=-1))
