"""What a model expects along replies that are given: each token, and each way to stop instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from persona_eval.errors import EngineError
from persona_eval.models.heads import Split, split
from persona_eval.models.likelihood import CHUNK, ROWS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from persona_eval.models.mlx import LoadedBase

    Floats = NDArray[np.floating]

Array = Any


@dataclass(frozen=True)
class Line:
    """Token ids of a conversation, and where its last reply begins among them; the reply may be
    empty, what stands before it may not."""

    tokens: tuple[int, ...]
    start: int

    @property
    def reply(self) -> tuple[int, ...]:
        """Token ids of the reply, without one that ends it."""
        return self.tokens[self.start :]


@dataclass(frozen=True)
class Seen:
    """A reply of n tokens as the model sees it, without any setting of sampling."""

    logprobs: tuple[float, ...]
    """Natural logarithm of the probability of each token; n."""
    entropies: tuple[float, ...]
    """How surprising, in nats, the model expects each token to be; n."""
    stops: Mapping[int, tuple[float, ...]]
    """Probability of each watched token before each token of the reply and after the last; n + 1."""


def read_lines(base: LoadedBase, lines: Sequence[Line], watched: Sequence[int]) -> list[Seen]:
    """Read the lines with the adapter that the base wears now, and watch some tokens all along.

    Raises EngineError for a line longer than the model's context, and for logits that are not
    finite.
    """
    longest = max((len(line.tokens) for line in lines), default=0)
    if longest > base.context:
        raise EngineError(
            f"a conversation and its reply are {longest} tokens long, more than the context of "
            f"{base.name} ({base.context})"
        )
    # Lines of like length are read together: padding is computed too.
    order = sorted(range(len(lines)), key=lambda number: len(lines[number].tokens))
    found: dict[int, Seen] = {}
    for first in range(0, len(order), ROWS):
        some = order[first : first + ROWS]
        seen = _read(base, [lines[number] for number in some], watched)
        found.update(zip(some, seen, strict=True))
    return [found[number] for number in range(len(lines))]


def _read(base: LoadedBase, lines: Sequence[Line], watched: Sequence[int]) -> Iterator[Seen]:
    """Attention looks back only, so that padding on the right changes nothing."""
    import mlx.core as mx
    import numpy as np

    length = max(len(line.tokens) for line in lines)
    padded = mx.array([[*line.tokens, *[0] * (length - len(line.tokens))] for line in lines])
    places = [
        number * length + place
        for number, line in enumerate(lines)
        for place in range(line.start - 1, len(line.tokens))
    ]
    targets = [token for line in lines for token in (*line.reply, 0)]
    parts = split(base.model, mx.array([[1, 2, 3]]))
    states = base.model(padded) if parts is None else parts.body(padded)
    states = states.reshape(-1, states.shape[-1])[mx.array(places)]
    table = np.concatenate(list(_scored(parts, states, targets, watched)))
    if not np.isfinite(table[:, :2]).all():
        raise EngineError(f"{base.name} gives logits that are not finite: its adapter is broken")
    ends = np.cumsum([len(line.reply) + 1 for line in lines])[:-1]
    for part in np.split(table, ends):
        yield _seen(part, watched)


def _seen(table: Floats, watched: Sequence[int]) -> Seen:
    """The last row is what comes after the reply, where there is no token."""
    stops = {token: tuple(map(float, table[:, 2 + n])) for n, token in enumerate(watched)}
    return Seen(tuple(map(float, table[:-1, 0])), tuple(map(float, table[:-1, 1])), stops)


def _scored(
    parts: Split | None, states: Array, targets: Sequence[int], watched: Sequence[int]
) -> Iterator[Floats]:
    """Columns: log-probability of the target, entropy, probability of each watched token."""
    import mlx.core as mx
    import numpy as np

    for start in range(0, len(targets), CHUNK):
        rows = states[start : start + CHUNK]
        logits = (rows if parts is None else parts.head(rows)).astype(mx.float32)
        logprobs = logits - mx.logsumexp(logits, axis=-1, keepdims=True)
        wanted = mx.array(list(targets[start : start + CHUNK]))[:, None]
        columns = [
            mx.take_along_axis(logprobs, wanted, axis=-1),
            -(mx.exp(logprobs) * mx.maximum(logprobs, -1e4)).sum(axis=-1, keepdims=True),
        ]
        if watched:
            columns.append(mx.exp(logprobs[:, mx.array(list(watched))]))
        yield np.array(mx.concatenate(columns, axis=-1))
