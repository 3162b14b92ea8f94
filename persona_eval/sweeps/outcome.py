"""What a sweep came to: each point with its rates and its gate, and what follows from all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Literal

from persona_eval.results import CaseResult, CategorySummary, by_category, summarise
from persona_eval.sweeps.effects import Effect, effects, mean_rates, not_worse, shared_cases
from persona_eval.sweeps.grid import Grid, Place, Point
from persona_eval.sweeps.region import Region, regions


@dataclass(frozen=True)
class PointOutcome:
    """One choice of settings, over all cases."""

    point: Point
    current: bool
    """Whether it is what every case has today."""
    results: tuple[CaseResult, ...]
    errors: tuple[tuple[str, str], ...]
    """Cases that could not be judged, with the reason."""
    passed: bool
    """Whether the gate of every character is open."""
    reasons: tuple[str, ...]
    """What closes it."""
    replies: int
    cut: int
    """How many of them `max_tokens` cut."""

    @property
    def cut_share(self) -> float | None:
        return self.cut / self.replies if self.replies else None

    @cached_property
    def summaries(self) -> dict[str, CategorySummary]:
        """By category, and `all`."""
        found = {each.category: each for each in by_category(self.results)}
        return found | ({"all": summarise("all", self.results)} if self.results else {})


@dataclass(frozen=True)
class Choice:
    """A region of points, and where to stand in it."""

    kind: Literal["gate", "rate"]
    """Points that pass every gate, or where there is none those not shown worse than the best."""
    regions: tuple[Region, ...]
    """The parts that hang together, the one that is chosen first."""

    @property
    def region(self) -> Region:
        return self.regions[0]


@dataclass(frozen=True)
class SweepOutcome:
    """A sweep with one adapter."""

    adapter: str
    model: str
    engine: str
    characters: tuple[str, ...]
    cases: int
    left_out: bool
    """Whether some cases of the suites were not chosen, so that the gates are not whole."""
    compared: bool
    """Whether there is a baseline that the gates compare with."""
    grid: Grid
    points: tuple[PointOutcome, ...]

    @cached_property
    def at(self) -> dict[Place, PointOutcome]:
        return {each.point.place: each for each in self.points}

    @cached_property
    def rates(self) -> dict[Place, Mapping[str, Fraction]]:
        """Pass rate of each case at each point."""
        return {
            each.point.place: {result.key: result.rate for result in each.results}
            for each in self.points
        }

    @cached_property
    def means(self) -> dict[Place, float]:
        """Over the cases that were judged at every point."""
        return mean_rates(self.rates)

    @property
    def unjudged(self) -> int:
        """Cases that could not be judged at some point."""
        return len({key for each in self.points for key, _ in each.errors})

    @cached_property
    def effects(self) -> list[Effect]:
        return effects(self.grid.axes, self.rates)

    @cached_property
    def choice(self) -> Choice | None:
        """None where no case was judged at every point."""
        sound = {each.point.place for each in self.points if each.passed}
        if sound:
            return Choice("gate", self._regions(sound))
        if not shared_cases(self.rates):
            return None
        return Choice("rate", self._regions(not_worse(self.rates)))

    @property
    def recommended(self) -> PointOutcome | None:
        """The centre of the region in which every gate passes; None where there is none."""
        choice = self.choice
        return self.at[choice.region.centre] if choice and choice.kind == "gate" else None

    def _regions(self, places: set[Place]) -> tuple[Region, ...]:
        return tuple(regions(places, self.grid.axes, self.means))


def categories_of(outcome: SweepOutcome) -> Sequence[str]:
    """Categories that have results, in order, and `all`."""
    names = dict.fromkeys(name for each in outcome.points for name in each.summaries)
    return [name for name in names if name != "all"] + (["all"] if "all" in names else [])
