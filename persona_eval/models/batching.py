"""A continuous batch: finished sequences make room for the next ones."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from persona_eval.errors import EngineError
from persona_eval.models.base import Message, Reply, Request
from persona_eval.models.decoding import Cache, Decoder, merged, row, size_in_bytes
from persona_eval.models.prefixes import Prefixes
from persona_eval.models.rows import put, width
from persona_eval.models.sampling import Sampling, candidates_wanted, draw
from persona_eval.models.sequences import Branch, Written
from persona_eval.suite.card import Generation

if TYPE_CHECKING:
    from persona_eval.models.mlx import LoadedBase

LOOK_AHEAD = 64
"""Waiting prompts that are compared with one that is read."""
IDLE_SHARE = 8
"""Rows that nobody waits for go when they are more than an eighth: that copies all others."""
MOST_SLACK = 32
"""Tokens of padding in every row that are worth a copy of them all."""


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
        self._waiting: deque[Written] = deque()
        self._unread: dict[tuple[str, tuple[Message, ...]], Written] = {}
        """Those of them that may be joined, by key and conversation."""
        self._rows: list[Written] = []
        self._cache: Cache = []
        self._generations: list[Generation] = []
        self._sampling = Sampling.of([])

    @property
    def pending(self) -> int:
        return sum(len(each.branches) for each in (*self._waiting, *self._rows))

    def submit(self, requests: Sequence[Request]) -> None:
        """A conversation that is under way goes first: its case is nearest to its end, and
        somebody may be waiting for it. A request that differs from a waiting one in its settings
        alone joins it."""
        for request in requests:
            prompt = self._encode(request)
            branch = Branch(request, (*request.generation.stop, *self._base.stop_texts))
            said = (request.key, request.messages)
            if said in self._unread:
                self._unread[said].branches.append(branch)
                continue
            under_way = any(message.role == "assistant" for message in request.messages)
            queue = self._waiting.appendleft if under_way else self._waiting.append
            self._unread[said] = Written(prompt, [branch], self._base.detokenizer)
            queue(self._unread[said])

    def step(self) -> list[tuple[Request, Reply | EngineError]]:
        """A row whose logits are not finite ends in an error of its own."""
        self._change_rows()
        if not self._rows:
            return []
        finished: list[tuple[Request, Reply | EngineError]] = []
        drawn = iter(self._next_tokens())
        for index, branches in enumerate([len(each.branches) for each in self._rows]):
            finished += self._take(index, list(islice(drawn, branches))) if branches else []
        return finished

    def close(self) -> None:
        import mlx.core as mx

        self._waiting.clear()
        self._unread.clear()
        self._rows, self._cache = [], []
        self._prefixes = Prefixes(self._decoder, 0)
        mx.clear_cache()

    def _take(self, index: int, tokens: Sequence[int]) -> list[tuple[Request, Reply | EngineError]]:
        """Give a row its tokens, one for each branch. It goes on with the first that lives; what
        parts from it waits for a row of its own, with what was read until here kept."""
        written = self._rows[index]
        if -1 in tokens:
            return _broken(written)
        finished, going_on = written.take(tokens, self._base.stop_ids)
        if going_on:
            self._rows[index], *parted = going_on
            self._waiting.extendleft(reversed(parted))
            if parted:
                self._prefixes.keep(going_on[0].read, row(self._cache, index))
        return list(finished)

    def _live(self) -> list[Written]:
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
        """Waiting requests take the places of finished rows."""
        joining = self._joining(self._live())
        coming = (each.read for each in islice(self._waiting, LOOK_AHEAD))
        caches = self._prefixes.caches_of([each.read for each in joining], coming)
        free = [index for index, each in enumerate(self._rows) if each.done]
        left_over = []
        for written, cache in zip(joining, caches, strict=True):
            if free and put(self._cache, free[0], cache):
                self._rows[free.pop(0)] = written
            else:
                left_over.append((written, cache))
        if left_over or len(free) * IDLE_SHARE > len(self._rows) or self._slack() > MOST_SLACK:
            self._merge(left_over)

    def _merge(self, joining: Sequence[tuple[Written, Cache]]) -> None:
        """Put the rows together anew: finished ones go, others come, padding that all have goes."""
        caches = [row(self._cache, i) for i, each in enumerate(self._rows) if not each.done]
        caches += [cache for _, cache in joining]
        self._rows = [*self._live(), *(written for written, _ in joining)]
        self._cache = merged(caches) if caches else []

    def _slack(self) -> int:
        """Tokens by which all rows are padded."""
        return width(self._cache) - max((len(each.read) for each in self._live()), default=0)

    def _joining(self, live: Sequence[Written]) -> list[Written]:
        """The next sequences, as many as the size and the memory for their longest allow."""
        joining: list[Written] = []
        longest = max((each.longest for each in live), default=0)
        while self._waiting and len(live) + len(joining) < self._size:
            longest = max(longest, self._waiting[0].longest)
            rows = len(live) + len(joining) + 1
            if rows > 1 and rows * longest > self._most_tokens:
                break
            joining.append(self._waiting.popleft())
            joining[-1].admit()
            self._unread.pop(_said(joining[-1]), None)
        return joining

    def _next_tokens(self) -> list[int]:
        """The token of each branch, row by row; -1 where the model gave no finite logits."""
        import numpy as np

        rows, stop_ids = self._rows, self._base.stop_ids
        branches = [(each, branch) for each in rows for branch in each.branches]
        of_row = np.repeat(np.arange(len(rows)), [len(each.branches) for each in rows])
        generations = [branch.request.generation for _, branch in branches]
        count = candidates_wanted(generations, len(stop_ids))
        ids, logits = self._decoder.step([each.last_token for each in rows], self._cache, count)
        self._peaks |= Counter(
            rows=size_in_bytes([self._cache]), prompts=self._prefixes.size_in_bytes
        )
        broken = ~np.isfinite(logits.max(axis=-1))
        logits[broken] = 0
        early = np.array(
            [
                len(each.tokens) < g.min_tokens
                for (each, _), g in zip(branches, generations, strict=True)
            ]
        )
        chosen = draw(
            ids[of_row],
            logits[of_row],
            self._sampling_of(generations),
            recent=np.array([each.recent for each in rows])[of_row],
            banned=np.isin(ids, stop_ids)[of_row] & early[:, None],
            uniform=np.array([branch.draws[len(each.tokens)] for each, branch in branches]),
        )
        return [int(token) for token in np.where(broken[of_row], -1, chosen)]

    def _sampling_of(self, generations: list[Generation]) -> Sampling:
        """The settings as columns, made anew when they have changed."""
        if generations != self._generations:
            self._generations, self._sampling = generations, Sampling.of(generations)
        return self._sampling


def _said(written: Written) -> tuple[str, tuple[Message, ...]]:
    """What requests of one sequence have in common."""
    request = written.branches[0].request
    return request.key, request.messages


def _broken(written: Written) -> list[tuple[Request, Reply | EngineError]]:
    """Errors for all that a row was to answer, which is thereby done."""
    requests = [branch.request for branch in written.branches]
    written.branches = []
    return [
        (
            request,
            EngineError(
                f"{request.key}: the model gave NaN or infinite logits after "
                f"{len(written.tokens)} tokens. Its weights or those of the adapter are damaged, "
                "or numbers overflow in this dtype"
            ),
        )
        for request in requests
    ]
