"""What is being written in a row of a batch, and for which requests.

Requests for the same conversation with the same key draw the same numbers. Where only their
settings differ, as in a sweep, they often draw the same tokens for a while: until they part, they
are branches of one sequence, and the model reads each token once for all of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from persona_eval.models.base import FinishReason, Reply, Request
from persona_eval.models.sampling import PENALTY_WINDOW, uniform_draws

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Finished = tuple[Request, Reply]


@dataclass(frozen=True)
class Branch:
    """A request that a sequence answers."""

    request: Request
    stop_texts: tuple[str, ...]
    """Those of the request and of the model."""

    @cached_property
    def draws(self) -> NDArray[np.floating]:
        """A number in [0, 1) for each token."""
        return uniform_draws(self.request.key, self.request.generation.max_tokens)


@dataclass
class Written:
    """A sequence: a prompt, the tokens that follow it so far, and the requests they answer."""

    prompt: list[int]
    branches: list[Branch]
    new_detokenizer: Callable[[], Any]
    tokens: list[int] = field(default_factory=list)
    started: float = field(default_factory=time.perf_counter)

    def __post_init__(self) -> None:
        self._detokenizer = self._read_again()

    @property
    def done(self) -> bool:
        return not self.branches

    @property
    def longest(self) -> int:
        """Tokens of the sequence at its longest."""
        most = max((each.request.generation.max_tokens for each in self.branches), default=0)
        return len(self.prompt) + most

    @property
    def last_token(self) -> int:
        return self.tokens[-1] if self.tokens else self.prompt[-1]

    @property
    def read(self) -> list[int]:
        """What a model has read when it is about to write the next token: all but the last."""
        return [*self.prompt, *self.tokens][:-1]

    @property
    def recent(self) -> list[int]:
        """The last ``PENALTY_WINDOW`` tokens, -1 before the first."""
        tokens = (*self.prompt[-PENALTY_WINDOW:], *self.tokens)[-PENALTY_WINDOW:]
        return [-1] * (PENALTY_WINDOW - len(tokens)) + list(tokens)

    def admit(self) -> None:
        """Begin with the first token; nothing for a sequence that has begun."""
        if not self.tokens:
            self.started = time.perf_counter()

    def take(
        self, tokens: Sequence[int], stop_ids: Sequence[int]
    ) -> tuple[list[Finished], list[Written]]:
        """Take a token for each branch, of which there is one at least. Returns the replies that
        ended with it, and what goes on: a sequence for each token that branches drew."""
        parts: dict[int, list[Branch]] = {}
        for branch, token in zip(self.branches, tokens, strict=True):
            parts.setdefault(token, []).append(branch)
        self.branches, *parted = parts.values()
        written = [self, *(self._for(branches) for branches in parted)]
        finished: list[Finished] = []
        for each, token in zip(written, parts, strict=True):
            finished += each._append(token, stop_ids)
        return finished, [each for each in written if not each.done]

    def _for(self, branches: list[Branch]) -> Written:
        return replace(self, branches=branches, tokens=[*self.tokens])

    def _append(self, token: int, stop_ids: Sequence[int]) -> list[Finished]:
        self.tokens.append(token)
        stopped = token in stop_ids
        if not stopped:
            self._detokenizer.add_token(token)
        text = str(self._detokenizer.text)
        ended = [(each, self._reply(each, text, stopped)) for each in self.branches]
        self.branches = [each for each, reply in ended if reply is None]
        return [(each.request, reply) for each, reply in ended if reply is not None]

    def _reply(self, branch: Branch, text: str, stopped: bool) -> Reply | None:
        """The reply to a request when the last token ended it."""
        reason: FinishReason = "stop"
        before = before_stop(text, branch.stop_texts)
        if before is None:
            if not stopped and len(self.tokens) < branch.request.generation.max_tokens:
                return None
            text = self._whole_text(stopped)
            before = before_stop(text, branch.stop_texts)
            reason = "stop" if stopped or before is not None else "length"
        seconds = time.perf_counter() - self.started
        shown = text if before is None else before
        return Reply(shown.strip(), reason, len(self.tokens), len(self.prompt), seconds)

    def _whole_text(self, stopped: bool) -> str:
        """The text at its end: a detokenizer may have held a part of it back, and gives that when
        it is finalised, after which it takes no more tokens for the branches that go on."""
        detokenizer = self._read_again(len(self.tokens) - stopped)
        detokenizer.finalize()
        return str(detokenizer.text)

    def _read_again(self, count: int | None = None) -> Any:
        detokenizer = self.new_detokenizer()
        for token in self.tokens[:count]:
            detokenizer.add_token(token)
        return detokenizer


def before_stop(text: str, stop_texts: Sequence[str]) -> str | None:
    """The text before the first stop text in it, or None when it holds none."""
    found = [at for stop in stop_texts if (at := text.find(stop)) >= 0]
    return text[: min(found)] if found else None
