"""Two runs, paired by case: what was fixed, what was broken, and whether that is more than luck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from persona_eval.results import CaseResult, copied_share
from persona_eval.statistics.design import cases_needed, smallest_drop, trial_spread
from persona_eval.statistics.paired import PairedTest, holm, paired_interval, sign_flip
from persona_eval.suite.models import CATEGORIES

Status = Literal[
    "fixed", "broken", "still failing", "still passing", "new", "removed", "changed", "not run"
]  # fmt: skip
STATUSES: tuple[Status, ...] = (
    "broken", "fixed", "still failing", "changed", "new", "removed", "not run", "still passing",
)  # fmt: skip
"""In the order in which they matter."""
CONFIRMING = 3
"""Extra trials all of which must fail before a case is called broken."""


@dataclass(frozen=True)
class Standing:
    """A case on one side of a comparison."""

    result: CaseResult
    fingerprint: str
    """Of its prompt, expectations and settings."""
    expectations: tuple[str, ...]
    """Titles of all that judged it."""
    replies: tuple[tuple[str, ...], ...] = ()
    """What was answered, trial by trial and turn by turn."""
    extra: tuple[bool, ...] = ()
    """Outcomes of trials drawn to confirm a flip; they count in no rate."""
    otherwise: int = 0
    """Trials that are judged otherwise than when they were accepted, as rules have changed since."""

    def telling_reply(self) -> str:
        """The last reply of the first trial that had the outcome of the case."""
        outcomes = self.result.outcomes
        of_its_kind = [
            r for r, o in zip(self.replies, outcomes, strict=False) if o == self.result.passed
        ]
        chosen = next(iter([*of_its_kind, *self.replies]), ())
        return chosen[-1] if chosen else ""

    def to_json(self) -> dict[str, Any]:
        """Plain data, from which ``from_json`` makes it again."""
        return {**vars(self), "result": self.result.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Standing:
        return cls(
            CaseResult.from_json(data["result"]),
            data["fingerprint"],
            tuple(data["expectations"]),
            tuple(tuple(replies) for replies in data["replies"]),
            tuple(data["extra"]),
            data["otherwise"],
        )


@dataclass(frozen=True)
class Pair:
    """A case on both sides, or on one of them."""

    key: str
    before: Standing | None
    after: Standing | None
    unrun: bool = False
    """Whether the side that lacks it may have it, and only did not run it."""

    @property
    def status(self) -> Status:
        if self.unrun and (self.before is None or self.after is None):
            return "not run"
        if self.before is None:
            return "new"
        if self.after is None:
            return "removed"
        if self.before.fingerprint != self.after.fingerprint:
            return "changed"
        passed = self.before.result.passed, self.after.result.passed
        return _FLIPS[passed]

    @property
    def paired(self) -> bool:
        """Whether both sides had the same case to answer."""
        return self.status not in ("new", "removed", "changed", "not run")

    @property
    def suspect(self) -> bool:
        """Whether it passed in every trial and now fails in every one: worth more trials."""
        return (
            self.status == "broken"
            and self.before is not None
            and self.after is not None
            and all(self.before.result.outcomes)
            and not any(self.after.result.outcomes)
        )

    @property
    def confirmed(self) -> bool:
        """Whether it is broken beyond bad luck: none of the extra trials passed either."""
        extra = self.after.extra if self.after else ()
        return self.suspect and len(extra) >= CONFIRMING and not any(extra)

    @property
    def lost(self) -> tuple[str, ...]:
        """Expectations that judged the case before and no longer do."""
        if self.before is None or self.after is None:
            return ()
        gone = Counter(self.before.expectations) - Counter(self.after.expectations)
        return tuple(sorted(gone.elements()))

    @property
    def result(self) -> CaseResult:
        """The newer result."""
        standing = self.after or self.before
        assert standing is not None
        return standing.result

    @property
    def difference(self) -> Fraction:
        """Change of the pass rate, -1..1, of a pair."""
        assert self.before is not None
        assert self.after is not None
        return self.after.result.rate - self.before.result.rate

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "case": self.key,
            "category": self.result.category,
            "status": self.status,
            "confirmed": self.confirmed,
            "lost_expectations": list(self.lost),
            "difference": float(self.difference) if self.paired else None,
            "before": self.before.to_json() if self.before else None,
            "after": self.after.to_json() if self.after else None,
        }


_FLIPS: dict[tuple[bool, bool], Status] = {
    (False, False): "still failing",
    (False, True): "fixed",
    (True, False): "broken",
    (True, True): "still passing",
}


@dataclass(frozen=True)
class Change:
    """How a category, or the whole suite, changed over the pairs."""

    category: str
    pairs: int
    before: float
    after: float
    interval: tuple[float, float]
    """95 % of the difference."""
    test: PairedTest
    p_worse: float
    """One-sided p of the whole suite; of a category, adjusted for their number."""
    p_better: float
    copied: tuple[float | None, float | None]
    """Share of the passing trials of each side that repeat what its adapter was trained on."""

    @property
    def difference(self) -> float:
        return self.after - self.before

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "difference": self.difference}


@dataclass(frozen=True)
class Comparison:
    """One run against another."""

    before: str
    after: str
    """What the sides are called."""
    pairs: tuple[Pair, ...]

    @classmethod
    def of(
        cls,
        before: Mapping[str, Standing],
        after: Mapping[str, Standing],
        names: tuple[str, str] = ("before", "after"),
        unrun: Collection[str] = (),
    ) -> Comparison:
        """Pair the cases of two sides by their keys, in the order of the newer side. ``unrun``:
        those that one side lacks because it did not run them."""
        keys = dict.fromkeys([*after, *before])
        pairs = (Pair(key, before.get(key), after.get(key), key in unrun) for key in keys)
        return cls(*names, tuple(pairs))

    def of_status(self, status: Status) -> list[Pair]:
        """The pairs of one status."""
        return [pair for pair in self.pairs if pair.status == status]

    @cached_property
    def paired(self) -> list[Pair]:
        """Pairs of the same case."""
        return [pair for pair in self.pairs if pair.paired]

    @cached_property
    def whole(self) -> Change | None:
        """The change over all pairs, tested once; None where there is no pair."""
        return _change("all", self.paired) if self.paired else None

    @cached_property
    def categories(self) -> list[Change]:
        """The change of each category that has pairs, tested together (Holm)."""
        groups = [(c, [p for p in self.paired if p.result.category == c]) for c in CATEGORIES]
        changes = [_change(category, pairs) for category, pairs in groups if pairs]
        worse = holm([change.test.worse for change in changes])
        better = holm([change.test.better for change in changes])
        return [
            replace(change, p_worse=worse[n], p_better=better[n])
            for n, change in enumerate(changes)
        ]

    @property
    def otherwise(self) -> int:
        """Trials of the older side that today's rules judge otherwise than those of their day."""
        return sum(pair.before.otherwise for pair in self.pairs if pair.before)

    def detectable(self, alpha: float = 0.05) -> float:
        """The smallest drop that these pairs would have shown in four of five runs."""
        return smallest_drop(len(self.paired), self._spread, alpha)

    def needed(self, drop: float, alpha: float = 0.05) -> int:
        """How many cases would show a drop of this size in four of five runs."""
        return cases_needed(drop, self._spread, alpha)

    @cached_property
    def _spread(self) -> float:
        standings = [s for p in self.paired for s in (p.before, p.after) if s is not None]
        return trial_spread([(s.result.passes, s.result.trials) for s in standings])

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        whole = self.whole
        return {
            "before": self.before,
            "after": self.after,
            "counts": {status: len(self.of_status(status)) for status in STATUSES},
            "all": whole.to_json() if whole else None,
            "categories": [change.to_json() for change in self.categories],
            "smallest_detectable_drop": _finite(self.detectable()),
            "cases": [pair.to_json() for pair in self.pairs],
        }


def _change(category: str, pairs: Sequence[Pair]) -> Change:
    differences = [pair.difference for pair in pairs]
    sides = [(pair.before, pair.after) for pair in pairs]
    before = [float(b.result.rate) for b, _ in sides if b]
    after = [float(a.result.rate) for _, a in sides if a]
    test = sign_flip(differences)
    return Change(
        category,
        len(pairs),
        sum(before) / len(pairs),
        sum(after) / len(pairs),
        paired_interval([float(each) for each in differences]),
        test,
        test.worse,
        test.better,
        (
            copied_share(b.result for b, _ in sides if b),
            copied_share(a.result for _, a in sides if a),
        ),
    )


def _finite(value: float) -> float | None:
    return value if value <= 1 else None
