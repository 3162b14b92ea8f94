"""How likely a model finds plain text, outside any conversation: no chat template, no sampling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from persona_eval.errors import EngineError
from persona_eval.models.heads import Split, split
from persona_eval.models.likelihood import CHUNK, ROWS

if TYPE_CHECKING:
    from persona_eval.models.mlx import LoadedBase

Array = Any


@dataclass(frozen=True)
class Passage:
    """A text, and what stands before it: both as they are written, blanks included."""

    before: str
    text: str


@dataclass(frozen=True)
class _Row:
    """Token ids of a passage, and where its text begins among them."""

    tokens: list[int]
    start: int

    @property
    def wanted(self) -> list[int]:
        return self.tokens[self.start :]


def plain_logprobs(base: LoadedBase, passages: Sequence[Passage]) -> list[float]:
    """Mean log-probability (nats) per token of each text after what stands before it, under the
    model with the adapter it wears now; nan where the model's logits are not finite.

    The model's token for the beginning of a text, if it has one, stands before everything; without
    one the first token of all is not counted. Raises EngineError for a text without tokens, and
    for one longer than the model's context.
    """
    import numpy as np

    if not passages:
        return []
    rows = [_row(base, passage) for passage in passages]
    # Rows of like length are read together: padding is computed too.
    order = sorted(range(len(rows)), key=lambda number: len(rows[number].tokens))
    found = np.concatenate(list(_logprobs(base.model, [rows[number] for number in order])))
    ends = np.cumsum([len(rows[number].wanted) for number in order])[:-1]
    means = dict(zip(order, (float(part.mean()) for part in np.split(found, ends)), strict=True))
    return [means[number] if np.isfinite(means[number]) else np.nan for number in range(len(rows))]


def _row(base: LoadedBase, passage: Passage) -> _Row:
    """A text begins at its first token that is not one of what stands before it: where the two
    melt into one token, it is the text's."""
    before = _encode(base, passage.before)
    tokens = _encode(base, passage.before + passage.text)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, tokens)))  # noqa: B905
    row = _Row(tokens, max(1, shared))
    if not row.wanted:
        raise EngineError(f"the text {passage.text!r} has no tokens, and so no likelihood")
    if len(tokens) > base.context:
        raise EngineError(
            f"“{(passage.before + passage.text)[:60]}” is {len(tokens)} tokens long, more than the "
            f"context of {base.name} ({base.context})"
        )
    return row


def _encode(base: LoadedBase, text: str) -> list[int]:
    opening = base.tokenizer.bos_token_id
    tokens = base.tokenizer.encode(text, add_special_tokens=False)
    return [*([] if opening is None else [opening]), *tokens]


def _logprobs(model: Any, rows: Sequence[_Row]) -> Iterator[Array]:
    """Of all wanted tokens, in order. States are gathered from several readings before they are
    scored: BLAS copies the head's weights, 0.7 GB for 262,144 words, each time."""
    import mlx.core as mx

    parts = split(model, mx.array([[1, 2, 3]]))
    states: list[Array] = []
    targets: list[int] = []
    for first in range(0, len(rows), ROWS):
        some = rows[first : first + ROWS]
        states.append(_states(model if parts is None else parts.body, some))
        targets += [token for row in some for token in row.wanted]
        if len(targets) >= CHUNK or first + ROWS >= len(rows):
            yield from _scored(parts, mx.concatenate(states), targets)
            states, targets = [], []


def _states(body: Any, rows: Sequence[_Row]) -> Array:
    """Where each wanted token is to be predicted, shape (tokens, width). Attention looks back
    only, so that padding on the right changes nothing."""
    import mlx.core as mx

    length = max(len(row.tokens) for row in rows) - 1
    inputs = [[*row.tokens[:-1], *[0] * (length + 1 - len(row.tokens))] for row in rows]
    places = [
        number * length + place - 1
        for number, row in enumerate(rows)
        for place in range(row.start, len(row.tokens))
    ]
    states = body(mx.array(inputs))
    chosen = states.reshape(-1, states.shape[-1])[mx.array(places)]
    mx.eval(chosen)
    return chosen


def _scored(parts: Split | None, states: Array, targets: Sequence[int]) -> Iterator[Array]:
    """Log-probabilities of the targets, a few at a time. Without parts the states are logits."""
    import mlx.core as mx
    import numpy as np

    for start in range(0, len(targets), CHUNK):
        rows = states[start : start + CHUNK]
        logits = (rows if parts is None else parts.head(rows)).astype(mx.float32)
        wanted = mx.array(list(targets[start : start + CHUNK]))[:, None]
        taken = mx.take_along_axis(logits, wanted, axis=-1)[:, 0]
        yield np.array(taken - mx.logsumexp(logits, axis=-1))
