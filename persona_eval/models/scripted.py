"""A model that says what it was told to say: for tests of suites, scorers and plugins."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from persona_eval.fingerprint import digest_text
from persona_eval.models.base import Reply, Request

Script = Mapping[str, str] | Callable[[Request], str]


class ScriptedModel:
    """Answers by the last user message: from a mapping, or from a function of the request.

    ``default`` answers what the mapping does not hold; without it that is a KeyError.
    """

    name = "scripted"
    engine = "scripted"

    def __init__(self, script: Script, default: str | None = None, version: str = "1"):
        self.fingerprint = digest_text("scripted", version)
        self.asked: list[Request] = []
        """Every request that was submitted, in order."""
        self.worn: Path | None = None
        self._script, self._default = script, default

    def wear(self, adapter: Path | None) -> None:
        self.worn = adapter

    def open(self) -> ScriptedBatch:
        return ScriptedBatch(self)

    def answer(self, request: Request) -> str:
        """The scripted text for a request."""
        if callable(self._script):
            return self._script(request)
        prompt = request.messages[-1].content
        if self._default is None:
            return self._script[prompt]
        return self._script.get(prompt, self._default)


class ScriptedBatch:
    """One reply a step, in the order of submission."""

    def __init__(self, model: ScriptedModel):
        self._model = model
        self._waiting: deque[Request] = deque()

    @property
    def pending(self) -> int:
        return len(self._waiting)

    def submit(self, requests: Sequence[Request]) -> None:
        self._model.asked.extend(requests)
        self._waiting.extend(requests)

    def step(self) -> list[tuple[Request, Reply]]:
        if not self._waiting:
            return []
        request = self._waiting.popleft()
        text = self._model.answer(request)
        tokens = len(text.split()) + 1
        return [(request, Reply(text, "stop", tokens, len(request.messages), 0.0))]

    def close(self) -> None:
        self._waiting.clear()
