"""Drives trials to their end: replies from the store where it has them, from the model else.

The batch is driven lazily: whoever asks for a case's trials advances everything that is in
flight until these are done, and keeps whatever else finished meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from persona_eval.fingerprint import digest_json
from persona_eval.models.base import Batch, Model, Reply, Request
from persona_eval.suite.models import Case, Persona
from persona_eval.trials import Trial, trials_of

ENGINE_VERSION = 1  # raise it when the same request may give another reply


class ReplyStore(Protocol):
    """Where replies survive the process."""

    def get(self, key: str) -> Reply | None:
        """The stored reply, or None."""

    def put(self, key: str, request: Request, reply: Reply) -> None:
        """Keep a reply; durable when this returns."""


@dataclass(frozen=True)
class WornAdapter:
    """An adapter as a run knows it; ``base`` has no folder."""

    name: str
    folder: Path | None
    fingerprint: str


@dataclass
class Work:
    """What a run has done so far."""

    generated: int = 0
    stored: int = 0
    tokens: int = 0
    seconds: float = 0.0

    @property
    def tokens_per_second(self) -> float:
        """Generated tokens over generation time, prefill included."""
        return self.tokens / self.seconds if self.seconds else 0.0


class Runner:
    """All trials of a session, on one model, one adapter at a time."""

    def __init__(
        self,
        model: Model,
        store: ReplyStore,
        *,
        fresh: bool = False,
        on_reply: Callable[[Work, int], None] = lambda work, pending: None,
    ):
        self.model = model
        self.work = Work()
        self._store = store
        self._fresh = fresh
        self._on_reply = on_reply
        self._queue: dict[tuple[str, str], list[Trial]] = {}
        self._asked: dict[str, Trial] = {}
        self._batch: Batch | None = None
        self._worn: WornAdapter | None = None

    def enqueue(self, adapter: WornAdapter, cases: Iterable[tuple[str, Case, Persona]]) -> None:
        """Announce cases, each with a name that is unique in the session, so that they are
        generated in one batch. Announcing again is harmless."""
        for name, case, persona in cases:
            self._queue.setdefault((adapter.name, name), trials_of(case, persona))

    def trials(self, adapter: WornAdapter, name: str) -> list[Trial]:
        """The finished trials of an announced case; generates until they are there."""
        wanted = self._queue[(adapter.name, name)]
        if not all(trial.finished for trial in wanted):
            self._switch_to(adapter)
        while not all(trial.finished for trial in wanted):
            self._step(adapter)
        return wanted

    def close(self) -> None:
        """Give the memory of the batch back."""
        if self._batch:
            self._batch.close()
        self._batch = None
        self._asked.clear()

    def _switch_to(self, adapter: WornAdapter) -> None:
        if self._worn != adapter:
            self.close()
            self._worn = adapter
        started = {id(trial) for trial in self._asked.values()}
        for (name, _), trials in self._queue.items():
            if name == adapter.name:
                for trial in trials:
                    if id(trial) not in started:
                        self._continue(adapter, trial)

    def _continue(self, adapter: WornAdapter, trial: Trial) -> None:
        """Take stored replies as far as they go, then ask the model for the next one."""
        while request := trial.next_request():
            stored = None if self._fresh else self._store.get(self.key(adapter, request))
            if stored is None:
                self._ask(adapter, trial, request)
                return
            trial.replies.append(stored)
            self.work.stored += 1

    def _ask(self, adapter: WornAdapter, trial: Trial, request: Request) -> None:
        key = self.key(adapter, request)
        self._asked[key] = trial
        self._open(adapter).submit([request])

    def _open(self, adapter: WornAdapter) -> Batch:
        if self._batch is None:
            self.model.wear(adapter.folder)
            self._batch = self.model.open()
        return self._batch

    def _step(self, adapter: WornAdapter) -> None:
        started = time.perf_counter()
        finished = self._open(adapter).step()
        self.work.seconds += time.perf_counter() - started
        for request, reply in finished:
            key = self.key(adapter, request)
            self._store.put(key, request, reply)
            trial = self._asked.pop(key)
            trial.replies.append(reply)
            self.work.generated += 1
            self.work.tokens += reply.tokens
            self._continue(adapter, trial)
            self._on_reply(self.work, len(self._asked))

    def key(self, adapter: WornAdapter, request: Request) -> str:
        """Digest of all that a reply depends on."""
        return digest_json(
            {
                "base": self.model.fingerprint,
                "adapter": adapter.fingerprint,
                "engine": [self.model.engine, ENGINE_VERSION],
                "request": request.key,
                "messages": [asdict(message) for message in request.messages],
                "generation": request.generation.model_dump(),
            }
        )
