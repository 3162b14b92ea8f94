"""How likely a model finds given replies: their log-probabilities, without sampling.

A reply is read as the chat template writes it, which is how adapters learn it: with the blank or
line break between the opening of the turn and the reply. The prompt is read once for all replies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from persona_eval.errors import EngineError, ModelError
from persona_eval.models.base import Message
from persona_eval.models.heads import Split, split

if TYPE_CHECKING:
    from persona_eval.models.decoding import Cache
    from persona_eval.models.mlx import LoadedBase

LIKELIHOOD_VERSION = 2
"""Raised when the same reply may get another figure; part of every key under which one is kept."""
ROWS = 16
"""Replies that are read at once."""
CHUNK = 128
"""Positions whose logits are in memory at once: 134 MB of float32 for 262,144 words."""
STEP = 512
"""Tokens of the prompt that are read at once: bounds the memory of attention."""
Array = Any


def mean_logprobs(
    base: LoadedBase, messages: Sequence[Message], replies: Sequence[str]
) -> list[float]:
    """Mean log-probability (nats) per token of each reply to these messages, under the model
    with the adapter it wears now. The stop token does not count, so that a reply is not marked
    down for being short. Raises EngineError for a reply without tokens, for a conversation
    longer than the model's context, and for logits that are not finite.
    """
    import numpy as np

    prompt = base.encode(messages)
    rows = [_tokens(base, messages, prompt, reply) for reply in replies]
    # Rows of like length are read together: padding is computed too.
    order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    found = list(_logprobs(base.model, prompt, [rows[number] for number in order]))
    if not all(np.isfinite(part).all() for part in found):
        raise EngineError(f"{base.name} gives logits that are not finite: its adapter is broken")
    means = dict(zip(order, (float(part.mean()) for part in found), strict=True))
    return [means[number] for number in range(len(rows))]


def _tokens(
    base: LoadedBase, messages: Sequence[Message], prompt: Sequence[int], reply: str
) -> list[int]:
    found = said(base, messages, prompt, reply) if reply.strip() else []
    if not found:
        raise EngineError(f"the reply {reply!r} has no tokens, and so no likelihood")
    if len(prompt) + len(found) > base.context:
        raise EngineError(
            f"conversation and reply are {len(prompt) + len(found)} tokens long, more than "
            f"the context of {base.name} ({base.context}): shorten “{reply[:60]}”"
        )
    return found


def said(
    base: LoadedBase, messages: Sequence[Message], prompt: Sequence[int], reply: str
) -> list[int]:
    """Token ids of a reply after the prompt, up to the stop token: what the template puts between
    the two belongs to it. Where a template sets no stop token after a reply, the bare text."""
    turns = [{"role": m.role, "content": m.content} for m in messages]
    answered = [*turns, {"role": "assistant", "content": reply}]
    tokens = list(_rendered(base, answered))
    rest = tokens[len(prompt) :]
    if tokens[: len(prompt)] != list(prompt):
        rest = _after(base, turns, answered)
    stops = [place for place, token in enumerate(rest) if token in base.stop_ids]
    return rest[: stops[-1]] if stops else list(_encode(base, reply))


def _after(
    base: LoadedBase, turns: list[dict[str, str]], answered: list[dict[str, str]]
) -> list[int]:
    """The rest of the text where the border to the prompt falls within a token, or the template
    opens a thought for the prompt only."""
    before = _rendered(base, turns, add_generation_prompt=True, tokenize=False)
    whole = _rendered(base, answered, tokenize=False)
    pairs = zip(before, whole, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return list(_encode(base, whole[shared:]))


def _rendered(base: LoadedBase, turns: list[dict[str, str]], **options: Any) -> Any:
    try:
        return base.tokenizer.apply_chat_template(turns, **options)
    except Exception as error:  # templates are programs: anything may be raised
        raise ModelError(f"the chat template of {base.name} refuses a reply: {error}") from error


def _encode(base: LoadedBase, text: str) -> Sequence[int]:
    tokens: Sequence[int] = base.tokenizer.encode(text, add_special_tokens=False)
    return tokens


def _logprobs(model: Any, prompt: Sequence[int], rows: Sequence[Sequence[int]]) -> Iterator[Array]:
    """Of each row's tokens after the prompt."""
    import mlx.core as mx
    import numpy as np

    parts = split(model, mx.array([[1, 2, 3]]))
    body = model if parts is None else parts.body
    cache = _read(model, prompt[:-1])
    before = prompt if cache is None else prompt[-1:]
    for start in range(0, len(rows), ROWS):
        some = rows[start : start + ROWS]
        states = _states(body, before, some, cache)
        found = np.concatenate(list(_scored(parts, states, [t for row in some for t in row])))
        yield from np.split(found, np.cumsum([len(row) for row in some])[:-1])


def _read(model: Any, tokens: Sequence[int]) -> Cache | None:
    """A cache that has read the tokens; None where there are none, or where the model's caches
    cannot be made one of several rows."""
    import mlx.core as mx
    from mlx_lm.models.cache import make_prompt_cache

    cache = list(make_prompt_cache(model))
    if not tokens or not all(hasattr(layer, "merge") for layer in cache):
        return None
    for start in range(0, len(tokens), STEP):
        model(mx.array([list(tokens[start : start + STEP])]), cache=cache)
        mx.eval([layer.state for layer in cache])
    return cache


def _states(
    body: Any, before: Sequence[int], rows: Sequence[Sequence[int]], cache: Cache | None
) -> Array:
    """Where each token of the rows is to be predicted, shape (tokens, width). Attention looks
    back only, so that padding on the right changes nothing."""
    import mlx.core as mx

    from persona_eval.models.decoding import merged

    length = len(before) + max(map(len, rows)) - 1
    inputs = [[*before, *row[:-1], *[0] * (length - len(before) - len(row) + 1)] for row in rows]
    places = [
        number * length + len(before) - 1 + position
        for number, row in enumerate(rows)
        for position in range(len(row))
    ]
    given = {} if cache is None else {"cache": merged([cache] * len(rows))}
    states = body(mx.array(inputs), **given)
    return states.reshape(-1, states.shape[-1])[mx.array(places)]


def _scored(parts: Split | None, states: Array, targets: Sequence[int]) -> Iterator[Array]:
    """Log-probabilities of the targets, a few at a time: the head is multiplied for these alone.
    Without parts the states are logits."""
    import mlx.core as mx
    import numpy as np

    for start in range(0, len(targets), CHUNK):
        rows = states[start : start + CHUNK]
        logits = (rows if parts is None else parts.head(rows)).astype(mx.float32)
        wanted = mx.array(list(targets[start : start + CHUNK]))[:, None]
        taken = mx.take_along_axis(logits, wanted, axis=-1)[:, 0]
        yield np.array(taken - mx.logsumexp(logits, axis=-1))
