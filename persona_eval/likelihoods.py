"""What models find likely, computed once: log-probabilities kept by model and adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Protocol

from persona_eval.errors import EngineError
from persona_eval.fingerprint import digest_json
from persona_eval.models.base import ENGINE_VERSION, Message
from persona_eval.models.likelihood import LIKELIHOOD_VERSION
from persona_eval.runner import Runner, WornAdapter


class LikelihoodStore(Protocol):
    """Where figures survive the process."""

    def get_likelihoods(self, keys: Sequence[str]) -> dict[str, float]:
        """Those that are known."""

    def put_likelihoods(self, values: Mapping[str, float]) -> None:
        """Keep figures by key."""


class StoredLikelihood:
    """The log-probabilities of one adapter; the model loads when one is missing."""

    def __init__(self, runner: Runner, store: LikelihoodStore, adapter: WornAdapter):
        self._runner, self._store, self._adapter = runner, store, adapter

    def mean_logprob(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        """Nats per token, one figure for each reply. Raises EngineError."""
        keys = {reply: self._key(messages, reply) for reply in replies}
        known = self._store.get_likelihoods(list(keys.values()))
        missing = [reply for reply, key in keys.items() if key not in known]
        if missing:
            values = self._compute(messages, missing)
            fresh = {keys[reply]: value for reply, value in zip(missing, values, strict=True)}
            self._store.put_likelihoods(fresh)
            known |= fresh
        return [known[keys[reply]] for reply in replies]

    def _compute(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        with self._runner.wearing(self._adapter) as model:
            compute = getattr(model, "mean_logprobs", None)
            if compute is None:
                raise EngineError(f"{model.name} does not tell how likely it finds a reply")
            return list(compute(messages, replies))

    def _key(self, messages: Sequence[Message], reply: str) -> str:
        model = self._runner.model
        return digest_json(
            {
                "base": model.fingerprint,
                "adapter": self._adapter.fingerprint,
                "engine": [model.engine, ENGINE_VERSION, LIKELIHOOD_VERSION],
                "messages": [asdict(message) for message in messages],
                "reply": reply,
            }
        )
