"""A continuous batch: finished sequences make room for the next ones."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from persona_eval.errors import EngineError
from persona_eval.models.base import FinishReason, Reply, Request
from persona_eval.models.decoding import Cache, Decoder, merged, row, size_in_bytes
from persona_eval.models.prefixes import Prefixes
from persona_eval.models.sampling import (
    PENALTY_WINDOW,
    Sampling,
    candidates_wanted,
    draw,
    uniform_draws,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from persona_eval.models.mlx import LoadedBase

LOOK_AHEAD = 64
"""Waiting prompts that are compared with one that is read."""
IDLE_SHARE = 8
"""Rows change when an eighth of them is free: each change copies the keys and values of all."""


@dataclass
class _Sequence:
    """A request that is being answered."""

    request: Request
    prompt: list[int]
    detokenizer: Any
    stop_texts: tuple[str, ...]
    draws: NDArray[np.floating]
    tokens: list[int] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)
    done: bool = False

    @property
    def last_token(self) -> int:
        return self.tokens[-1] if self.tokens else self.prompt[-1]

    @property
    def recent(self) -> list[int]:
        """The last ``PENALTY_WINDOW`` tokens, -1 before the first."""
        tokens = (*self.prompt[-PENALTY_WINDOW:], *self.tokens)[-PENALTY_WINDOW:]
        return [-1] * (PENALTY_WINDOW - len(tokens)) + list(tokens)

    def take(self, token: int, stop_ids: Sequence[int]) -> Reply | None:
        """Take a token; return the reply when it was the last one."""
        self.tokens.append(token)
        if token in stop_ids:
            return self._last_reply("stop")
        self.detokenizer.add_token(token)
        text = before_stop(self.detokenizer.text, self.stop_texts)
        if text is not None:
            return self._reply(text, "stop")
        if len(self.tokens) >= self.request.generation.max_tokens:
            return self._last_reply("length")
        return None

    def _last_reply(self, reason: FinishReason) -> Reply:
        """The reply at its end: the detokenizer may have held a part of a stop text back."""
        self.detokenizer.finalize()
        text = str(self.detokenizer.text)
        before = before_stop(text, self.stop_texts)
        return self._reply(text, reason) if before is None else self._reply(before, "stop")

    def _reply(self, text: str, reason: FinishReason) -> Reply:
        seconds = time.perf_counter() - self.started
        return Reply(text.strip(), reason, len(self.tokens), len(self.prompt), seconds)


def before_stop(text: str, stop_texts: Sequence[str]) -> str | None:
    """The text before the first stop text in it, or None when it holds none."""
    found = [at for stop in stop_texts if (at := text.find(stop)) >= 0]
    return text[: min(found)] if found else None


class MLXBatch:
    """Requests in flight on one loaded base, with the adapter that it wears now."""

    def __init__(
        self, base: LoadedBase, size: int, memory: int = 2**30, peaks: Counter[str] | None = None
    ):
        """``memory``: bytes that the keys and values of rows may take, and those of prompts.
        ``peaks`` learns how many they took."""
        self._base = base
        self._peaks = Counter() if peaks is None else peaks
        self._size = size
        self._most_tokens = memory // base.bytes_per_token
        self._decoder = Decoder(base.model)
        self._prefixes = Prefixes(self._decoder, memory)
        self._waiting: deque[tuple[Request, list[int]]] = deque()
        self._rows: list[_Sequence] = []
        self._cache: Cache = []
        self._sampling: Sampling | None = None

    @property
    def pending(self) -> int:
        return len(self._waiting) + len(self._live())

    def submit(self, requests: Sequence[Request]) -> None:
        """A conversation that is under way goes first: its case is nearest to its end, and
        somebody may be waiting for it."""
        for request in requests:
            under_way = any(message.role == "assistant" for message in request.messages)
            queue = self._waiting.appendleft if under_way else self._waiting.append
            queue((request, self._encode(request)))

    def step(self) -> list[tuple[Request, Reply | EngineError]]:
        """A row whose logits are not finite ends in an error of its own."""
        self._change_rows()
        if not self._rows:
            return []
        finished: list[tuple[Request, Reply | EngineError]] = []
        for sequence, token in zip(self._rows, self._next_tokens(), strict=True):
            if sequence.done:
                continue
            outcome = _broken(sequence) if token < 0 else sequence.take(token, self._base.stop_ids)
            if outcome is not None:
                sequence.done = True
                finished.append((sequence.request, outcome))
        return finished

    def close(self) -> None:
        import mlx.core as mx

        self._waiting.clear()
        self._rows, self._cache = [], []
        self._prefixes = Prefixes(self._decoder, 0)
        mx.clear_cache()

    def _live(self) -> list[_Sequence]:
        return [sequence for sequence in self._rows if not sequence.done]

    def _encode(self, request: Request) -> list[int]:
        tokens = self._base.encode(request.messages)
        wanted = len(tokens) + request.generation.max_tokens
        if wanted > self._base.context:
            raise EngineError(
                f"{request.key}: {len(tokens)} tokens of conversation and max_tokens "
                f"{request.generation.max_tokens} do not fit into the context of "
                f"{self._base.context} tokens. Shorten the conversation or lower max_tokens"
            )
        return tokens

    def _change_rows(self) -> None:
        """Let finished rows go and waiting requests in, when there are enough of either."""
        live = self._live()
        free = self._size - len(live) if self._waiting else len(self._rows) - len(live)
        if live and free < max(1, self._size // IDLE_SHARE):
            return
        if not live and not self._waiting:
            self._rows, self._cache = [], []
            return
        joining = self._joining(live)
        if not joining and len(live) == len(self._rows):
            return
        caches = [row(self._cache, i) for i, each in enumerate(self._rows) if not each.done]
        coming = (waiting[:-1] for _, waiting in islice(self._waiting, LOOK_AHEAD))
        caches += self._prefixes.caches_of([each.prompt[:-1] for each in joining], coming)
        self._cache = merged(caches)
        self._rows = [*live, *joining]
        self._sampling = Sampling.of([each.request.generation for each in self._rows])
        self._peaks |= Counter(
            rows=size_in_bytes([self._cache]), prompts=self._prefixes.size_in_bytes
        )

    def _joining(self, live: Sequence[_Sequence]) -> list[_Sequence]:
        """The next requests, as many as the size and the memory for their longest allow."""
        joining: list[_Sequence] = []
        longest = max((_length(each.prompt, each.request) for each in live), default=0)
        while self._waiting and len(live) + len(joining) < self._size:
            request, prompt = self._waiting[0]
            longest = max(longest, _length(prompt, request))
            rows = len(live) + len(joining) + 1
            if rows > 1 and rows * longest > self._most_tokens:
                break
            self._waiting.popleft()
            joining.append(self._sequence(request, prompt))
        return joining

    def _sequence(self, request: Request, prompt: list[int]) -> _Sequence:
        generation = request.generation
        stops = (*generation.stop, *self._base.stop_texts)
        draws = uniform_draws(request.key, generation.max_tokens + 1)  # done rows look ahead
        return _Sequence(request, prompt, self._base.detokenizer(), stops, draws)

    def _next_tokens(self) -> list[int]:
        """The token of each row; -1 where the model gave no finite logits."""
        import numpy as np

        rows, stop_ids = self._rows, self._base.stop_ids
        count = candidates_wanted([each.request.generation for each in rows], len(stop_ids))
        ids, logits = self._decoder.step([each.last_token for each in rows], self._cache, count)
        assert self._sampling is not None, "rows came without their settings"
        broken = ~np.isfinite(logits.max(axis=-1))
        logits[broken] = 0
        early = np.array([len(r.tokens) < r.request.generation.min_tokens for r in rows])
        chosen = draw(
            ids,
            logits,
            self._sampling,
            recent=np.array([each.recent for each in rows]),
            banned=np.isin(ids, stop_ids) & early[:, None],
            uniform=np.array([each.draws[len(each.tokens)] for each in rows]),
        )
        return [int(token) for token in np.where(broken, -1, chosen)]


def _length(prompt: Sequence[int], request: Request) -> int:
    """Tokens of a sequence at its longest."""
    return len(prompt) + request.generation.max_tokens


def _broken(sequence: _Sequence) -> EngineError:
    return EngineError(
        f"{sequence.request.key}: the model gave NaN or infinite logits after "
        f"{len(sequence.tokens)} tokens. Its weights or those of the adapter are damaged, or "
        "numbers overflow in this dtype"
    )
