"""Drives trials to their end: replies from the store where it has them, from the model else.

The batch is driven lazily: whoever asks for a case's trials advances everything that is in
flight until these are done, and keeps whatever else finished meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

from persona_eval.errors import EngineError, PersonaEvalError
from persona_eval.fingerprint import digest_json
from persona_eval.models.base import ENGINE_VERSION, Batch, Model, Reply, Request
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case
from persona_eval.trials import Trial

More = Callable[[str, list[Trial]], int]
"""How many more trials the case of this name needs, given its finished ones."""


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
    wanted: int = 0
    """Replies of all announced trials, those that two suites share counted twice."""
    had: int = 0
    """How many of them are there."""

    @property
    def tokens_per_second(self) -> float:
        """Generated tokens over generation time, prefill included."""
        return self.tokens / self.seconds if self.seconds else 0.0


@dataclass
class Draw:
    """A case and its trials, more of which are drawn while somebody needs them."""

    name: str
    case: Case
    persona: Persona
    more: More | None
    trials: list[Trial] = field(default_factory=list)
    complete: bool = False
    error: Exception | None = None
    """Why its trials cannot be had."""

    def next_trials(self) -> list[Trial]:
        """Trials that are wanted now, not yet begun; none while earlier ones are unfinished."""
        if self.complete or self.error or not all(trial.finished for trial in self.trials):
            return []
        first = len(self.trials)
        count = (
            self.more(self.name, self.trials) if self.more else self.case.trial_range.max - first
        )
        self.complete = count == 0
        new = [Trial(self.case, self.persona, first + number) for number in range(count)]
        self.trials += new
        return new


class Runner:
    """All trials of a session, on one model, one adapter at a time."""

    def __init__(
        self,
        model: Model,
        store: ReplyStore,
        *,
        fresh: bool = False,
        on_work: Callable[[Work], None] = lambda _work: None,
        before_wearing: Callable[[WornAdapter], None] = lambda _adapter: None,
    ):
        """``on_work`` hears of every step and reply; ``before_wearing`` may raise when an
        adapter is no longer what it was."""
        self.model = model
        self.work = Work()
        self._store = store
        self._fresh = fresh
        self._on_work = on_work
        self._before_wearing = before_wearing
        self._draws: dict[tuple[str, str], Draw] = {}
        self._idle: dict[str, list[Draw]] = {}
        """Announced and with trials that are not in flight, by adapter."""
        self._asked: dict[str, list[tuple[Draw, Trial]]] = {}
        self._batch: Batch | None = None
        self._worn: WornAdapter | None = None

    def enqueue(
        self,
        adapter: WornAdapter,
        cases: Iterable[tuple[str, Case, Persona]],
        more: More | None = None,
    ) -> None:
        """Announce cases, each with a name that is unique in the session, so that they are
        generated in one batch. Announcing again is harmless.

        ``more`` tells how many trials a case needs, first without any, and again whenever all
        that were drawn have finished, until it says 0. Without it the most are drawn at once.
        """
        for name, case, persona in cases:
            if (adapter.name, name) not in self._draws:
                draw = Draw(name, case, persona, more)
                self._draws[(adapter.name, name)] = draw
                self._idle.setdefault(adapter.name, []).append(draw)
                self.work.wanted += case.trial_range.min * len(case.generated_turns)

    def trials(self, adapter: WornAdapter, name: str) -> list[Trial]:
        """The finished trials of an announced case; generates until they are there.

        Raises EngineError when generation breaks off, and whatever else this package raises on
        purpose. What has finished is kept, and other cases may be asked for after that.
        """
        wanted = self._draws[(adapter.name, name)]
        try:
            self._finish(adapter, wanted)
        except PersonaEvalError:
            raise
        except Exception as error:
            raise EngineError(
                f"generation broke off: {type(error).__name__}: {error}. The replies that had "
                "finished are kept: run again to go on (--full-trace shows where it happened)"
            ) from error
        return wanted.trials

    @contextmanager
    def wearing(self, adapter: WornAdapter) -> Iterator[Model]:
        """The model with an adapter on, for a block that generates nothing here; the batch in
        flight finds its own adapter again afterwards."""
        mine = self._worn if self._batch else None
        if adapter != mine:
            if adapter.folder is not None:
                self._before_wearing(adapter)
            self.model.wear(adapter.folder)
        try:
            yield self.model
        finally:
            if mine is not None and adapter != mine:
                self.model.wear(mine.folder)

    def close(self) -> None:
        """Give the memory of the batch back. What was in flight begins anew when it is wanted."""
        if self._batch:
            self._batch.close()
        self._batch = None
        if self._worn:
            in_flight = {id(draw): draw for pairs in self._asked.values() for draw, _ in pairs}
            self._idle.setdefault(self._worn.name, []).extend(in_flight.values())
        self._asked.clear()

    def _finish(self, adapter: WornAdapter, wanted: Draw) -> None:
        if not wanted.complete:
            self._switch_to(adapter)
        while not wanted.complete:
            if wanted.error:
                raise wanted.error
            self._attempt(adapter, wanted)

    def _attempt(self, adapter: WornAdapter, wanted: Draw) -> None:
        """A step. After a failed one nobody knows the state of the batch: what was in flight
        begins anew, without the case that met the failure."""
        try:
            self._step(adapter)
        except Exception as error:
            self.close()
            wanted.error = error
            raise

    def _switch_to(self, adapter: WornAdapter) -> None:
        if self._worn != adapter:
            self.close()
            self._worn = adapter
        for draw in self._idle.pop(adapter.name, ()):
            for trial in draw.trials:
                if not trial.finished:
                    self._continue(adapter, draw, trial)
            self._draw(adapter, draw)

    def _draw(self, adapter: WornAdapter, draw: Draw) -> None:
        """Draw trials as long as they are wanted and the store has them."""
        while new := self._wanted(draw):
            for trial in new:
                self._continue(adapter, draw, trial)

    def _wanted(self, draw: Draw) -> list[Trial]:
        """Judging what is there may fail: that is the trouble of the case alone."""
        try:
            new = draw.next_trials()
        except Exception as error:
            draw.error = error
            return []
        announced = max(draw.case.trial_range.min, len(draw.trials) - len(new))
        unforeseen = max(0, len(draw.trials) - announced)
        self.work.wanted += unforeseen * len(draw.case.generated_turns)
        return new

    def _continue(self, adapter: WornAdapter, draw: Draw, trial: Trial) -> None:
        """Take stored replies as far as they go, then ask the model for the next one."""
        while draw.error is None and (request := trial.next_request()):
            stored = None if self._fresh else self._store.get(self.key(adapter, request))
            if stored is None:
                self._ask(adapter, draw, trial, request)
                return
            trial.replies.append(stored)
            self.work.stored += 1
            self.work.had += 1

    def _ask(self, adapter: WornAdapter, draw: Draw, trial: Trial, request: Request) -> None:
        """Ask once for what several suites want; a request that the model refuses (it may be
        too long) is the trouble of its own case alone."""
        key = self.key(adapter, request)
        batch = self._open(adapter)
        try:
            if key not in self._asked:
                batch.submit([request])
        except Exception as error:
            draw.error = error
        else:
            self._asked.setdefault(key, []).append((draw, trial))

    def _open(self, adapter: WornAdapter) -> Batch:
        if self._batch is None:
            self._before_wearing(adapter)
            self.model.wear(adapter.folder)
            self._batch = self.model.open()
        return self._batch

    def _step(self, adapter: WornAdapter) -> None:
        batch = self._open(adapter)
        started = time.perf_counter()
        finished = batch.step()
        self.work.seconds += time.perf_counter() - started
        if not finished and not batch.pending:
            raise EngineError("the model has nothing left to do, but replies are missing")
        for request, outcome in finished:
            self._take(adapter, request, outcome)
        self._on_work(self.work)

    def _take(self, adapter: WornAdapter, request: Request, outcome: Reply | EngineError) -> None:
        key = self.key(adapter, request)
        if isinstance(outcome, EngineError):
            for draw, _ in self._asked.pop(key):
                draw.error = outcome
            return
        self._store.put(key, request, outcome)
        self.work.generated += 1
        self.work.tokens += outcome.tokens
        for draw, trial in self._asked.pop(key):
            trial.replies.append(outcome)
            self.work.had += 1
            self._continue(adapter, draw, trial)
            self._draw(adapter, draw)

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
