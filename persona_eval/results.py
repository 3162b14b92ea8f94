"""Trials → CaseResult → summary by category."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import chain
from typing import Any, Literal

from persona_eval.consistency import (
    Spread,
    WordingRate,
    luck_of,
    rates_by_wording,
    silent_wording,
)
from persona_eval.drift import Drifted
from persona_eval.overlap.learnt import Overlap
from persona_eval.statistics.curtailed import fewest_more, unbiased_rate
from persona_eval.statistics.luck import passes_again
from persona_eval.statistics.rates import at_most, balanced_accuracy, mean, wilson
from persona_eval.suite.models import CATEGORIES

Label = Literal["stable", "flaky", "failing", "undecided"]
ROUNDING = 1e-9  # 2/3 must reach a pass rate that was computed as 0.6666…
UNUSUAL = 0.05
"""So rarely would a character that just meets its bar do as badly: then a failure is decided."""


@dataclass(frozen=True)
class Design:
    """How many trials a case gets, and what they must show."""

    least: int
    most: int
    pass_rate: float
    """Share of the trials that must pass."""
    undecided_apart: bool = False
    """Whether it matters that a failing case may only have had bad luck; more trials are drawn
    then to tell."""

    def more(self, outcomes: Sequence[bool]) -> int:
        """How many more trials to draw, given these; 0 where none can change the verdict."""
        drawn, label = len(outcomes), self.verdict
        return fewest_more(sum(outcomes), drawn, self.most, label, self.least)

    def rate(self, outcomes: Sequence[bool]) -> Fraction:
        """Pass rate of the case, without the bias of having stopped early. Trials that were
        broken off are taken as they are."""
        return _rate(self, sum(outcomes), len(outcomes))

    @property
    def needed(self) -> int:
        """Fewest passes among all trials that reach the bar."""
        return next(passes for passes in range(self.most + 1) if self.enough(passes))

    def enough(self, passes: int) -> bool:
        """Whether so many passes reach the bar, whatever the trials still to come show."""
        return passes / self.most >= self.pass_rate - ROUNDING

    def undecided(self, passes: int, drawn: int) -> bool:
        """Whether a failing case may only have had bad luck: so few passes would not be unusual
        (5 %) for one that just meets its bar. Of a bar of 1 the first failure is final."""
        rest = range(passes, passes + self.most - drawn + 1)
        return all(self._verdict_apart(count) == "undecided" for count in rest)

    def verdict(self, passes: int) -> str:
        """What so many passes among all trials come to."""
        apart = self._verdict_apart(passes)
        return apart if self.undecided_apart or apart == "passed" else "failed"

    def _verdict_apart(self, passes: int) -> str:
        if self.enough(passes):
            return "passed"
        unlucky = at_most(passes, self.most, self.pass_rate) > UNUSUAL
        return "undecided" if unlucky else "failed"


@lru_cache(maxsize=4096)
def _rate(design: Design, passes: int, drawn: int) -> Fraction:
    try:
        return unbiased_rate(passes, drawn, design.most, design.verdict, design.least)
    except ValueError:
        return Fraction(passes, drawn)


@dataclass(frozen=True)
class CaseResult:
    """A case's trials, reduced."""

    suite: str
    """Folder and name of the suite's file."""
    case_id: str
    category: str
    control: bool
    outcomes: tuple[bool, ...]
    """Of each trial drawn, in order."""
    design: Design
    prefers: bool | None = None
    """Whether the model finds the good examples likelier than the bad ones, where that is asked."""
    overlaps: tuple[Overlap, ...] | None = None
    """Of each trial drawn, with the training reply that is nearest; None without training data. It
    decides nothing."""
    wordings: tuple[str, ...] = ()
    """All wordings of the prompt, round which the trials go; empty where there is one."""
    spread: Spread | None = None
    """How far the replies are apart; None where nothing looked at what they mean."""
    drift: Drifted | None = None
    """Scores over the turns of a case with `drift`."""

    def __post_init__(self) -> None:
        if not self.outcomes:
            raise ValueError(
                f"case {self.case_id} has no judged trial; one without trials never passes"
            )

    @property
    def key(self) -> str:
        """Tells cases of a project apart."""
        return f"{self.suite}::{self.case_id}"

    @property
    def trials(self) -> int:
        return len(self.outcomes)

    @property
    def passes(self) -> int:
        return sum(self.outcomes)

    @property
    def rate(self) -> Fraction:
        """Pass rate of the case."""
        return self.design.rate(self.outcomes)

    @property
    def passed(self) -> bool:
        return self.design.enough(self.passes)

    @property
    def undecided(self) -> bool:
        """Whether it fails, and that may be bad luck."""
        return not self.passed and self.design.undecided(self.passes, self.trials)

    @property
    def label(self) -> Label:
        """A label, not a test: three trials cannot carry one."""
        if self.undecided:
            return "undecided"
        if self.passes == self.trials:
            return "stable"
        return "flaky" if self.passes else "failing"

    @property
    def by_wording(self) -> list[WordingRate]:
        """How each wording did; nothing where there is only one."""
        return rates_by_wording(self.wordings, self.outcomes)

    @property
    def silent(self) -> WordingRate | None:
        """A wording that is shown to fail always."""
        return silent_wording(self.by_wording)

    @property
    def again(self) -> float | None:
        """Chance that another run passes; None where trials are not judged one by one."""
        if self.drift:
            return None
        return passes_again(self.passes, self.trials, self.design.most, self.design.needed)

    @property
    def luck(self) -> str | None:
        """Why it passes by luck; None where it does not, or nothing says so."""
        if self.drift or not self.passed:
            return None
        design = self.design
        return luck_of(self.by_wording, self.outcomes, design.most, design.needed)

    @property
    def saved(self) -> int:
        """Trials that were not needed."""
        return self.design.most - self.trials

    @property
    def copied(self) -> float | None:
        """Share of the passing trials that repeat a training reply."""
        return copied_share([self])

    def to_json(self) -> dict[str, Any]:
        """Plain data, from which ``from_json`` makes it again."""
        overlaps = None if self.overlaps is None else [vars(each) for each in self.overlaps]
        return {
            **vars(self),
            "design": vars(self.design),
            "overlaps": overlaps,
            "spread": self.spread and vars(self.spread),
            "drift": self.drift and self.drift.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CaseResult:
        overlaps = data["overlaps"] and tuple(Overlap(**each) for each in data["overlaps"])
        given = {
            "outcomes": tuple(data["outcomes"]),
            "design": Design(**data["design"]),
            "wordings": tuple(data["wordings"]),
            "spread": data["spread"] and Spread(**data["spread"]),
            "drift": Drifted.from_json(data["drift"]),
        }
        return cls(**{**data, **given, "overlaps": overlaps})


@dataclass(frozen=True)
class CategorySummary:
    """The cases of one category, or of the whole suite."""

    category: str
    cases: int
    trials: int
    rate: float
    """Mean of the cases' pass rates."""
    interval: tuple[float, float]
    """95 %, the case as the unit."""
    probes: float | None
    controls: float | None
    failed: int
    prefers: float | None
    """Share of the cases with `prefers` in which the model does."""
    copied: float | None
    """Share of the passing trials that repeat a training reply."""

    @property
    def balanced(self) -> float | None:
        """Balanced accuracy of probes and controls."""
        return balanced_accuracy(self.probes, self.controls)

    def to_json(self) -> dict[str, Any]:
        """Plain data, with what is derived."""
        return {**asdict(self), "balanced": self.balanced}


def summarise(category: str, results: Sequence[CaseResult]) -> CategorySummary:
    """Summary of at least one result."""
    rates = [float(result.rate) for result in results]
    total = min(math.fsum(rates), len(rates))
    return CategorySummary(
        category=category,
        cases=len(results),
        trials=sum(result.trials for result in results),
        rate=total / len(rates),
        interval=wilson(total, len(rates)),
        probes=mean([rate for rate, r in zip(rates, results, strict=True) if not r.control]),
        controls=mean([rate for rate, r in zip(rates, results, strict=True) if r.control]),
        failed=sum(not result.passed for result in results),
        prefers=mean([float(r.prefers) for r in results if r.prefers is not None]),
        copied=copied_share(results),
    )


def copied_share(results: Iterable[CaseResult]) -> float | None:
    """Share of the passing trials that repeat a training reply; None where training data are not
    known or nothing passed."""
    pairs = (zip(r.outcomes, r.overlaps, strict=True) for r in results if r.overlaps is not None)
    return mean([float(found.copied) for passed, found in chain.from_iterable(pairs) if passed])


def by_category(results: Iterable[CaseResult]) -> list[CategorySummary]:
    """One summary for each category that has results, in the order of the language."""
    results = list(results)
    groups = [(name, [r for r in results if r.category == name]) for name in CATEGORIES]
    return [summarise(name, group) for name, group in groups if group]
