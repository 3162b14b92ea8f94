"""Rules and trained parts together: what a behaviour looks like beyond its known phrases.

One part is a logistic regression on the rules' verdict and on how the reply and its end are
worded (``reader.py``), the other one reads the reply together with prompt and card (``grader.py``).
Both were fitted to the labelled replies (``persona-eval selftest --refit``, ``--tune``), and are
plain numbers in ``data/``. Their log-odds are added up. Without the reader the rules judge alone.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, ClassVar

from pydantic import PrivateAttr

from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.claims import is_empty
from persona_eval.scorers.grader import BEHAVIOURS
from persona_eval.scorers.passages import Passage
from persona_eval.scorers.reader import NAME
from persona_eval.text import finds, sentences

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FILE = "trained.json"
READING_SCALE = 4.0
"""Weighs a layer's vector, whose length is 1, against the rules' verdict."""
PART, GRADER = 0.5, 0.25
"""What the log-odds of the two count. Both are fitted to few voices and too sure of themselves."""
ENDING = 2
"""Sentences that are the end of a reply: where it complies after a refusal, or answers after all."""


@dataclass(frozen=True)
class Part:
    """A logistic regression: one weight a feature."""

    weights: tuple[float, ...]
    bias: float

    def log_odds(self, features: NDArray[np.float32]) -> float:
        """That the behaviour is there, for features of the weights' shape."""
        return float(self._weights @ features) + self.bias

    @cached_property
    def _weights(self) -> NDArray[np.float32]:
        import numpy as np

        return np.array(self.weights, dtype=np.float32)


class Trained(Scorer):
    """What behaviours with a trained part share. A subclass implements ``by_rules``."""

    calibrated: ClassVar[bool] = True
    accepts: ClassVar[float] = 0.5
    """Least probability that passes."""
    accepts_in_pack: ClassVar[float | None] = None
    """The same in a default pack, where it differs: a pack is a conjunction, and each member may
    cost it only few good replies."""
    rules_reject: ClassVar[bool] = False
    """Whether the rules have the last word when they fail a reply."""
    reads_prompt: ClassVar[bool] = False
    """Whether the wording of the prompt counts too."""
    like: ClassVar[tuple[str, str]]
    """What replies do that pass, and what those do that fail: ``("are in voice", "are not")``."""

    _in_pack: bool = PrivateAttr(default=False)

    @property
    def limit(self) -> float:
        """Least probability that passes where the card says nothing."""
        if self._in_pack and self.accepts_in_pack is not None:
            return self.accepts_in_pack
        return self.accepts

    def in_pack(self) -> Trained:
        member = self.model_copy()
        member._in_pack = True
        return member

    def by_rules(self, exchange: Exchange) -> Score:
        """The verdict of the rules alone."""
        raise NotImplementedError

    def settled(self, exchange: Exchange, ruled: Score) -> bool:
        """Whether the rules' verdict stands whatever the wording is like."""
        if ruled.passed is None or (self.rules_reject and not ruled.passed):
            return True
        forbidden = any(finds(text, exchange.reply) for text in exchange.case.never)
        return forbidden or is_empty(exchange.reply)

    def measures(self, ruled: Score) -> tuple[float, ...]:
        """Figures of the rules that the part looks at, besides their verdict."""
        return (1.0 if ruled.passed else -1.0,)

    def wordings(self, exchange: Exchange) -> Iterable[str]:
        reply = exchange.reply
        texts = (reply, " ".join(sentences(reply)[-ENDING:]) or reply)
        return (*texts, exchange.prompt) if self.reads_prompt else texts

    def passages(self, exchange: Exchange) -> Iterable[str]:
        return (Passage.of(exchange).text(),)

    def judge(self, exchange: Exchange) -> Score:
        ruled = self.by_rules(exchange)
        part = part_of(self.name, exchange.tools)
        if part is None or self.settled(exchange, ruled):
            return ruled
        log_odds = PART * part.log_odds(features(self, ruled, exchange))
        found = 1 / (1 + math.exp(-log_odds - GRADER * graded(self.name, exchange)))
        limit = exchange.persona.limits.of(self.name, self.limit)
        passed = found >= limit
        return Score(passed, self._reason(passed, ruled), round(found, 3), limit, statistical=True)

    def _reason(self, passed: bool, ruled: Score) -> str:
        """What the rules found, or that the wording outweighs it."""
        if passed == ruled.passed:
            return ruled.reason
        return (
            f"worded like replies that {self.like[not passed]}; the rules alone say: {ruled.reason}"
        )


def part_of(name: str, tools: Tools) -> Part | None:
    """The trained part of a behaviour; None without the reader it was trained on."""
    if tools.reader is None or tools.reader.name != NAME:
        return None
    parts = _shipped() if tools.parts is None else tools.parts
    return parts.get(name)


def features(scorer: Trained, ruled: Score, exchange: Exchange) -> NDArray[np.float32]:
    """Shape (measures + wordings × dimensions,): the rules' figures, and the scaled vectors."""
    import numpy as np

    assert exchange.tools.reader is not None, "no part judges without the reader"
    vectors = exchange.tools.reader.embed(list(scorer.wordings(exchange)))
    return np.concatenate([scorer.measures(ruled), READING_SCALE * vectors.ravel()]).astype("f4")


def graded(name: str, exchange: Exchange) -> float:
    """The grader's log-odds of a behaviour; 0 without a grader."""
    if exchange.tools.grader is None:
        return 0.0
    odds = exchange.tools.grader.embed([Passage.of(exchange).text()])[0]
    return float(odds[BEHAVIOURS.index(name)])


def to_json(parts: dict[str, Part]) -> str:
    """The file's text: one behaviour a line."""
    lines = (f'"{name}": {json.dumps([p.bias, *p.weights])}' for name, p in sorted(parts.items()))
    return "{\n" + ",\n".join(lines) + "\n}\n"


def from_json(text: str) -> dict[str, Part]:
    """The parts of a file."""
    data: dict[str, Sequence[float]] = json.loads(text)
    return {name: Part(tuple(numbers[1:]), numbers[0]) for name, numbers in data.items()}


@cache
def _shipped() -> dict[str, Part]:
    file = resources.files("persona_eval.scorers") / "data" / FILE
    return from_json(file.read_text("utf-8")) if file.is_file() else {}
