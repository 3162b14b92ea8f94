"""A continuous batch: a finished sequence makes room for the next one at once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from persona_eval.errors import EngineError
from persona_eval.models.base import FinishReason, Reply, Request
from persona_eval.models.sampling import KeyedSampler, logits_processors

if TYPE_CHECKING:
    from persona_eval.models.mlx import LoadedBase

PREFILL_BATCH = 8


@dataclass
class _Sequence:
    """A request that is being answered."""

    request: Request
    prompt_tokens: int
    detokenizer: Any
    stop_texts: tuple[str, ...]
    tokens: list[int] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def add(self, token: int) -> str | None:
        """Take a token; return the text before a stop text once one is complete."""
        self.tokens.append(token)
        self.detokenizer.add_token(token)
        return before_stop(self.detokenizer.text, self.stop_texts)

    def reply(self, text: str, reason: FinishReason) -> Reply:
        seconds = time.perf_counter() - self.started
        return Reply(text.strip(), reason, len(self.tokens), self.prompt_tokens, seconds)

    def last_reply(self, reason: FinishReason) -> Reply:
        """The reply at its end: the detokenizer may have held a part of a stop text back."""
        self.detokenizer.finalize()
        text = str(self.detokenizer.text)
        before = before_stop(text, self.stop_texts)
        return self.reply(text, reason) if before is None else self.reply(before, "stop")


def before_stop(text: str, stop_texts: Sequence[str]) -> str | None:
    """The text before the first stop text in it, or None when it holds none."""
    found = [at for stop in stop_texts if (at := text.find(stop)) >= 0]
    return text[: min(found)] if found else None


class MLXBatch:
    """Requests in flight on one loaded base, over mlx-lm's ``BatchGenerator``."""

    def __init__(self, base: LoadedBase, size: int):
        from mlx_lm.generate import BatchGenerator

        self._base = base
        self._size = size
        self._waiting: deque[tuple[Request, list[int]]] = deque()
        self._running: dict[int, _Sequence] = {}
        self._generator = BatchGenerator(
            base.model,
            stop_tokens=[[token] for token in base.stop_ids],
            completion_batch_size=size,
            prefill_batch_size=min(PREFILL_BATCH, size),
        )

    @property
    def pending(self) -> int:
        return len(self._waiting) + len(self._running)

    def submit(self, requests: Sequence[Request]) -> None:
        """A conversation that is under way goes first: its case is nearest to its end, and
        somebody may be waiting for it."""
        for request in requests:
            under_way = any(message.role == "assistant" for message in request.messages)
            queue = self._waiting.appendleft if under_way else self._waiting.append
            queue((request, self._encode(request)))

    def step(self) -> list[tuple[Request, Reply]]:
        self._admit()
        if not self._running:
            return []
        return [
            (self._running.pop(response.uid).request, reply)
            for response in self._generator.next_generated()
            if (reply := self._advance(response))
        ]

    def close(self) -> None:
        import mlx.core as mx

        self._waiting.clear()
        self._running.clear()
        self._generator.close()
        mx.clear_cache()

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

    def _admit(self) -> None:
        while self._waiting and len(self._running) < self._size:
            request, tokens = self._waiting.popleft()
            generation = request.generation
            (uid,) = self._generator.insert(
                [tokens],
                max_tokens=[generation.max_tokens],
                samplers=[KeyedSampler(generation, request.key)],
                logits_processors=[logits_processors(generation, self._base.stop_ids)],
            )
            stops = (*generation.stop, *self._base.stop_texts)
            self._running[uid] = _Sequence(request, len(tokens), self._base.detokenizer(), stops)

    def _advance(self, response: Any) -> Reply | None:
        sequence = self._running[response.uid]
        if response.finish_reason == "stop":
            sequence.tokens.append(response.token)
            return sequence.last_reply("stop")
        if (text := sequence.add(response.token)) is not None:
            if response.finish_reason is None:
                self._generator.remove([response.uid])
            return sequence.reply(text, "stop")
        if response.finish_reason is not None:
            return sequence.last_reply("length")
        return None
