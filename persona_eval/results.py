"""Trials → CaseResult → summary by category."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from persona_eval.statistics.rates import balanced_accuracy, mean, wilson
from persona_eval.suite.models import CATEGORIES, Case

Label = Literal["stable", "flaky", "failing"]
ROUNDING = 1e-9  # 2/3 must reach a pass rate that was computed as 0.6666…


@dataclass(frozen=True)
class CaseResult:
    """A case's trials, reduced."""

    case_id: str
    category: str
    control: bool
    trials: int
    passes: int
    pass_rate: float
    """Share of the trials that must pass."""
    prefers: bool | None = None
    """Whether the model finds the good examples likelier than the bad ones, where that is asked."""

    @classmethod
    def of(cls, case: Case, outcomes: Sequence[bool], prefers: bool | None = None) -> CaseResult:
        """From each trial's outcome. Raises ValueError when there is none: a case without
        trials never passes."""
        if not outcomes:
            raise ValueError(f"case {case.id} has no judged trial")
        passes = sum(outcomes)
        return cls(
            case.id, case.category, case.control, len(outcomes), passes, case.pass_rate, prefers
        )

    @property
    def fraction(self) -> float:
        return self.passes / self.trials

    @property
    def passed(self) -> bool:
        return self.fraction >= self.pass_rate - ROUNDING

    @property
    def label(self) -> Label:
        """A label, not a test: three trials cannot carry one."""
        if self.passes == self.trials:
            return "stable"
        return "flaky" if self.passes else "failing"


@dataclass(frozen=True)
class CategorySummary:
    """The cases of one category, or of the whole suite."""

    category: str
    cases: int
    trials: int
    rate: float
    """Mean of the cases' pass fractions."""
    interval: tuple[float, float]
    """95 %, the case as the unit."""
    probes: float | None
    controls: float | None
    failed: int
    prefers: float | None
    """Share of the cases with `prefers` in which the model does."""

    @property
    def balanced(self) -> float | None:
        """Balanced accuracy of probes and controls."""
        return balanced_accuracy(self.probes, self.controls)


def summarise(category: str, results: Sequence[CaseResult]) -> CategorySummary:
    """Summary of at least one result."""
    fractions = [result.fraction for result in results]
    return CategorySummary(
        category=category,
        cases=len(results),
        trials=sum(result.trials for result in results),
        rate=sum(fractions) / len(fractions),
        interval=wilson(min(sum(fractions), len(fractions)), len(fractions)),
        probes=mean([result.fraction for result in results if not result.control]),
        controls=mean([result.fraction for result in results if result.control]),
        failed=sum(not result.passed for result in results),
        prefers=mean([float(r.prefers) for r in results if r.prefers is not None]),
    )


def by_category(results: Iterable[CaseResult]) -> list[CategorySummary]:
    """One summary for each category that has results, in the order of the language."""
    results = list(results)
    groups = [(name, [r for r in results if r.category == name]) for name in CATEGORIES]
    return [summarise(name, group) for name, group in groups if group]
