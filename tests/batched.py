"""A scripted model that answers several requests a step, and runs on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from exchanges import case

from persona_eval.errors import EngineError
from persona_eval.models.base import Reply, Request
from persona_eval.runner import Runner, WornAdapter
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Turn

BO = Persona(name="Bo")
BASE, NED = WornAdapter("base", None, "none"), WornAdapter("ned", Path("ned"), "f1")


class Memory(dict[str, Reply]):
    """A store without a disk."""

    def put(self, key: str, request: Request, reply: Reply) -> None:
        self[key] = reply


@dataclass
class Batched:
    """A model that answers ``at_once`` requests a step, last come first served."""

    answer: Callable[[Request], str] = lambda request: request.messages[-1].content.upper()
    at_once: int = 3
    refuses: Callable[[Request], bool] = lambda request: False
    name: str = "batched"
    engine: str = "test"
    fingerprint: str = "b"
    worn: list[Path | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    waiting: list[Request] = field(default_factory=list)
    closed: int = 0

    def wear(self, adapter: Path | None) -> None:
        self.worn.append(adapter)

    def open(self) -> Batched:
        return self

    @property
    def pending(self) -> int:
        return len(self.waiting)

    def submit(self, requests: Sequence[Request]) -> None:
        for request in requests:
            if self.refuses(request):
                raise EngineError(f"{request.key} is too long")
            self.asked.append(request.key)
            self.waiting.append(request)

    def step(self) -> list[tuple[Request, Reply]]:
        done, self.waiting = self.waiting[-self.at_once :], self.waiting[: -self.at_once]
        return [(r, Reply(self.answer(r), "stop", 2, 1, 0.0)) for r in reversed(done)]

    def close(self) -> None:
        self.closed += 1
        self.waiting.clear()


def a_case(name: str, *prompts: str, trials: int = 1) -> Case:
    turns = tuple(Turn(user=prompt) for prompt in prompts or ("hi",))
    return case(turns=turns, trials=trials).model_copy(update={"id": name})


def enqueued(model: object, *cases: Case, store: Memory | None = None, **options: bool) -> Runner:
    runner = Runner(model, Memory() if store is None else store, **options)  # type: ignore[arg-type]
    for adapter in (BASE, NED):
        runner.enqueue(adapter, [(each.id, each, BO) for each in cases])
    return runner


def texts(runner: Runner, name: str, adapter: WornAdapter = BASE) -> list[list[str]]:
    return [[reply.text for reply in trial.replies] for trial in runner.trials(adapter, name)]
