"""What a model is asked and what it answers, whatever the model is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from persona_eval.errors import EngineError
from persona_eval.suite.card import Generation

ENGINE_VERSION = 3
"""Raised when the same request may give another reply."""
Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length"]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Request:
    """A reply that is wanted.

    ``key`` seeds the draws: the same key, messages and settings give the same reply, alone
    or in any batch.
    """

    key: str
    messages: tuple[Message, ...]
    generation: Generation


@dataclass(frozen=True)
class Reply:
    """What the model answered. ``seconds`` is wall time from admission to finish, shared with
    the rest of the batch; ``tokens`` counts generated tokens, the stop token included."""

    text: str
    finish_reason: FinishReason
    tokens: int
    prompt_tokens: int
    seconds: float


class Batch(Protocol):
    """Requests in flight on one model with one adapter."""

    def submit(self, requests: Sequence[Request]) -> None:
        """Queue requests; more may follow at any time."""

    def step(self) -> Sequence[tuple[Request, Reply | EngineError]]:
        """Advance all requests in flight and return those that finished, perhaps none; an error
        is the trouble of its own request alone."""

    @property
    def pending(self) -> int:
        """How many submitted requests have not finished."""

    def close(self) -> None:
        """Give the memory of caches back; pending requests are dropped."""


class Model(Protocol):
    """A base model that can wear one adapter at a time."""

    name: str
    """What reports call it."""
    engine: str
    """Kind of arithmetic, for example ``cpu-float32`` or ``metal-bfloat16``: replies of
    different kinds are never taken for each other."""
    fingerprint: str
    """Of weights, tokenizer and template."""

    def wear(self, adapter: Path | None) -> None:
        """Put on this adapter folder instead of the current one; None takes it off."""

    def open(self) -> Batch:
        """A batch on the adapter that is worn now."""
