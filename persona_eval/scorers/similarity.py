"""Nearness to example replies, by cosine of sentence embeddings."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise, product
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from persona_eval.errors import ScorerError
from persona_eval.scorers.arguments import Texts
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.lexicon import content
from persona_eval.scorers.wording import quote
from persona_eval.suite.models import Case
from persona_eval.text import fold, sentences, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OPENING = 2
"""Sentences that are a text's beginning: where it answers, before it chats on."""
_WORD = re.compile(r"[\w'’]+")
CALIBRATION_EXAMPLES = 3
"""Examples of each side that a threshold can be learnt from, at least."""
SEPARATION = 2 / 3
"""Below this balanced accuracy on the examples themselves a learnt threshold says nothing."""


@dataclass(frozen=True)
class References:
    """What a reply is compared with; the reply itself is never among it."""

    to: tuple[str, ...]
    unlike: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        return self.to + self.unlike

    def without(self, text: str) -> References:
        return References(_others(self.to, text), _others(self.unlike, text))


@lru_cache(maxsize=4096)
def readings(text: str, prompt: str) -> tuple[str, ...]:
    """The text and its first sentences, each without the prompt's content words: to echo the
    question is no nearness to its answer. A text of nothing else stays as it is."""
    opening = " ".join(sentences(text)[:OPENING]) or text
    return tuple(dict.fromkeys(_masked(part, prompt) for part in (text, opening)))


def _masked(text: str, prompt: str) -> str:
    asked = set(content(prompt))
    left = _WORD.sub(lambda found: "" if set(content(found[0])) & asked else found[0], text)
    return " ".join(left.split()) if words(left) else text


class Nearness:
    """Cosines between texts that are embedded once, each in its readings: the nearest pair counts.

    Raises ScorerError without an embedder, or when an embedding is not finite.
    """

    def __init__(self, exchange: Exchange, texts: Sequence[str]):
        if exchange.tools.embedder is None:
            raise ScorerError("no embedder is at hand: install `persona-eval[bundled]`")
        self._readings = {text: readings(text, exchange.prompt) for text in texts}
        unique = list(dict.fromkeys(part for found in self._readings.values() for part in found))
        self._vectors = dict(zip(unique, exchange.tools.embedder.embed(unique), strict=True))

    def cosine(self, one: str, other: str) -> float:
        """Of the nearest readings of two texts."""
        pairs = product(self._readings[one], self._readings[other])
        return max(self._cosine(first, second) for first, second in pairs)

    def _cosine(self, one: str, other: str) -> float:
        first, second = self._vectors[one], self._vectors[other]
        value = float(first @ second) / ((_length(first) * _length(second)) or math.nan)
        if not math.isfinite(value):
            raise ScorerError(f"the embedding of {quote(one)} or {quote(other)} is not finite")
        return value

    def nearest(self, text: str, references: Sequence[str]) -> tuple[float, str]:
        """Cosine to the nearest reference, and that reference."""
        return max((self.cosine(text, reference), reference) for reference in references)

    def lead(self, text: str, references: References) -> float:
        """How much nearer the text is to the nearest of `to` than to the nearest of `unlike`."""
        others = references.without(text)
        return self.nearest(text, others.to)[0] - self.nearest(text, others.unlike)[0]


class Similar(Scorer):
    """Passes when the nearest reference in `to` is at least `at_least` near (cosine), and nearer
    than the nearest in `unlike` by `margin`. With neither figure, the limit is learnt from three
    good and three bad examples or more."""

    name: ClassVar[str] = "similar"
    short: ClassVar[str | None] = "at_least"
    calibrated: ClassVar[bool] = True

    to: Texts | None = None
    """References; the case's `good` unless given."""
    unlike: Texts | None = None
    """Contrast; the case's `bad` unless given."""
    at_least: float | None = Field(default=None, gt=0, le=1)
    """Smallest cosine to the nearest reference that passes."""
    margin: float | None = Field(default=None, ge=0, lt=2)
    """How much nearer the nearest reference must be than the nearest contrast."""

    def references(self, case: Case) -> References:
        to = case.good if self.to is None else self.to
        return References(to, case.bad if self.unlike is None else self.unlike)

    def applies_to(self, case: Case) -> str | None:
        found = self.references(case)
        if not found.to:
            return f"`{self.name}` has nothing to compare to: give the case `good` replies, or `to`"
        if self.margin is not None and not found.unlike:
            return (
                "`margin` has nothing to keep away from: give the case `bad` replies, or `unlike`"
            )
        if self._learns and min(len(found.to), len(found.unlike)) < CALIBRATION_EXAMPLES:
            return (
                f"`{self.name}` needs `at_least` or `margin`, or three good and three bad examples "
                f"to learn its limit from; it has {len(found.to)} good and {len(found.unlike)} bad"
            )
        return None

    def texts(self, exchange: Exchange) -> Iterable[str]:
        return _read((exchange.reply, *self.references(exchange.case).all), exchange.prompt)

    def judge(self, exchange: Exchange) -> Score:
        case = exchange.case
        example = _same(exchange.reply, (*case.good, *case.bad))
        references = self.references(case)
        rest = references.without(exchange.reply) if example else references
        if not rest.to:
            return Score.skip("the only reference is this reply itself")
        if not rest.unlike and self.at_least is None:
            return Score.skip("the only contrast is this reply itself")
        near = Nearness(exchange, (exchange.reply, *rest.all))
        return (
            self._learnt(near, exchange.reply, rest)
            if self._learns
            else self._set(near, exchange.reply, rest)
        )

    @property
    def _learns(self) -> bool:
        return self.at_least is None and self.margin is None

    def _set(self, near: Nearness, reply: str, references: References) -> Score:
        """By the figures that the author gave."""
        value, nearest = near.nearest(reply, references.to)
        reason = f"{value:.2f} to {quote(nearest)}"
        if self.at_least is not None and value < self.at_least:
            return Score(False, f"{reason}, below {self.at_least:g}", value, self.at_least)
        if not references.unlike:
            return Score(True, reason, value, self.at_least)
        contrast, other = near.nearest(reply, references.unlike)
        margin = self.margin or 0.0
        near_enough = value - contrast >= margin
        reason += f", {contrast:.2f} to {quote(other)}"
        if self.at_least is not None and near_enough:
            return Score(True, reason, value, self.at_least)
        verdict = reason if near_enough else f"{reason}: not nearer by {margin:g}"
        return Score(near_enough, verdict, value - contrast, margin)

    def _learnt(self, near: Nearness, reply: str, references: References) -> Score:
        """By the limit that parts the examples best."""
        if min(len(references.to), len(references.unlike)) < 2:
            return Score.skip("too few examples besides this reply to learn a limit from")
        limit, accuracy = learn_limit(
            [near.lead(text, references) for text in references.to],
            [near.lead(text, references) for text in references.unlike],
        )
        lead = near.lead(reply, references)
        if accuracy < SEPARATION:
            return Score.skip(f"the examples cannot be told apart ({accuracy:.0%} right)", lead)
        reason = (
            f"nearer to the good examples by {lead:+.2f}; the limit {limit:+.2f} learnt from the "
            f"examples is right for {accuracy:.0%} of them"
        )
        return Score(lead >= limit, reason, lead, limit)


class Dissimilar(Similar):
    """The reverse of `similar`, with the same arguments: passes exactly where that fails."""

    name: ClassVar[str] = "dissimilar"

    def judge(self, exchange: Exchange) -> Score:
        score = super().judge(exchange)
        if score.passed is None:
            return score
        return Score(not score.passed, score.reason, score.value, score.limit)


class RecordedSimilarity(Scorer):
    """The nearness to the case's good examples, written down and never judged by."""

    name: ClassVar[str] = "similar"
    calibrated: ClassVar[bool] = True

    def texts(self, exchange: Exchange) -> Iterable[str]:
        return _read((exchange.reply, *exchange.case.good), exchange.prompt)

    def judge(self, exchange: Exchange) -> Score:
        others = _others(exchange.case.good, exchange.reply)
        if not others:
            return Score.skip("recorded only")
        near = Nearness(exchange, (exchange.reply, *others))
        value, nearest = near.nearest(exchange.reply, others)
        reason = f"{value:.2f} to {quote(nearest)}"
        return Score(passed=None, reason=reason, value=value, skipped="recorded only")


def learn_limit(good: Sequence[float], bad: Sequence[float]) -> tuple[float, float]:
    """The limit halfway between two neighbouring figures that parts good from bad with the best
    balanced accuracy, and that accuracy. Among equals the one in the widest gap wins."""
    figures = sorted({*good, *bad})
    gaps = [(high - low, (low + high) / 2) for low, high in pairwise(figures)]
    rated = [(_balanced(good, bad, limit), gap, limit) for gap, limit in gaps]
    accuracy, _, limit = max(rated, default=(0.5, 0.0, 0.0))
    return limit, accuracy


def _balanced(good: Sequence[float], bad: Sequence[float], limit: float) -> float:
    kept = sum(figure >= limit for figure in good) / len(good)
    caught = sum(figure < limit for figure in bad) / len(bad)
    return (kept + caught) / 2


def _read(texts: Iterable[str], prompt: str) -> Iterable[str]:
    return (reading for text in texts for reading in readings(text, prompt))


def _same(text: str, others: Iterable[str]) -> bool:
    return any(fold(other) == fold(text) for other in others)


def _others(texts: tuple[str, ...], text: str) -> tuple[str, ...]:
    return tuple(other for other in texts if fold(other) != fold(text))


def _length(vector: NDArray[np.float32]) -> float:
    return math.sqrt(float(vector @ vector))


SCORERS: tuple[type[Scorer], ...] = (Similar, Dissimilar)
