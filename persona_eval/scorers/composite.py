"""`not`, `any_of` and `all_of`: expectations made of expectations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import ClassVar

from pydantic import Field

from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.suite.models import Case

COMPOSITES = ("not", "any_of", "all_of")
"""Names that no other expectation may have."""


class Composite(Scorer):
    """What holds other expectations. All of them are always judged."""

    children: tuple[Scorer, ...] = Field(min_length=1)
    """The inner expectations."""

    def texts(self, exchange: Exchange) -> Iterable[str]:
        return chain.from_iterable(child.texts(exchange) for child in self.children)

    def wordings(self, exchange: Exchange) -> Iterable[str]:
        return chain.from_iterable(child.wordings(exchange) for child in self.children)

    def passages(self, exchange: Exchange) -> Iterable[str]:
        return chain.from_iterable(child.passages(exchange) for child in self.children)

    def in_pack(self) -> Scorer:
        return self.model_copy(update={"children": tuple(c.in_pack() for c in self.children)})

    def applies_to(self, case: Case) -> str | None:
        return next(filter(None, (child.applies_to(case) for child in self.children)), None)

    def judge(self, exchange: Exchange) -> Score:
        scores = [child.judge(exchange) for child in self.children]
        reason = "; ".join(_shown(*pair) for pair in zip(self.children, scores, strict=True))
        judged = [score for score in scores if score.passed is not None]
        if not judged:
            return Score.skip(reason)
        statistical = any(score.statistical for score in judged)
        return replace(self.combine(judged, reason), statistical=statistical)

    def combine(self, judged: Sequence[Score], reason: str) -> Score:
        """One score out of those that were not skipped; there is at least one."""
        raise NotImplementedError


class Not(Composite):
    """Passes exactly where the inner expectation fails; skipped where that is skipped."""

    name: ClassVar[str] = "not"

    children: tuple[Scorer, ...] = Field(min_length=1, max_length=1)
    """The one expectation that is turned round."""

    def combine(self, judged: Sequence[Score], reason: str) -> Score:
        (score,) = judged
        return Score(not score.passed, f"not wanted: {reason}" if score.passed else reason,
                     score.value, score.limit)  # fmt: skip


class AnyOf(Composite):
    """Passes when at least one of the inner expectations passes; skipped ones do not count."""

    name: ClassVar[str] = "any_of"

    def combine(self, judged: Sequence[Score], reason: str) -> Score:
        passed = sum(bool(score.passed) for score in judged)
        return Score(passed > 0, reason, passed, 1)


class AllOf(Composite):
    """Passes when all of the inner expectations pass; skipped ones do not count."""

    name: ClassVar[str] = "all_of"

    def combine(self, judged: Sequence[Score], reason: str) -> Score:
        passed = sum(bool(score.passed) for score in judged)
        return Score(passed == len(judged), reason, passed, len(judged))


def is_calibrated(scorer: Scorer) -> bool:
    """Whether a scorer, or anything inside it, rests on a statistical model."""
    if isinstance(scorer, Composite):
        return any(map(is_calibrated, scorer.children))
    return scorer.calibrated


def _shown(scorer: Scorer, score: Score) -> str:
    verdict = {True: "passes", False: "fails", None: "skipped"}[score.passed]
    return f"{scorer.name} {verdict} ({score.reason})"
