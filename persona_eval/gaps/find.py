"""What the data lack for the cases that fail, in numbers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from persona_eval.gaps.lengths import LengthFigures, length_figures, mix_for, usual_mix
from persona_eval.gaps.topics import Nearest, Reach, Topics, reach_of, right
from persona_eval.gaps.tried import Looked, Tried
from persona_eval.lint import coverage
from persona_eval.lint.coverage import Label, Read
from persona_eval.lint.findings import Coverage, Wanted
from persona_eval.lint.lengths import BANDS, spread
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, said_by
from persona_eval.scorers.base import Tools
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Suite
from persona_eval.training.corpus import Conversation

Kind = Literal["absent", "thin", "there"]
FEW = 5
"""Cases on either side, below which their distances are not compared."""


@dataclass(frozen=True)
class Failure:
    """A failing case beside the data."""

    tried: Tried
    nearest: tuple[Nearest, ...]
    reach: Reach
    right: int
    """Near examples that show what the case wants."""

    @property
    def near(self) -> tuple[Nearest, ...]:
        """The examples within reach."""
        return tuple(each for each in self.nearest if each.cosine >= self.reach.cosine)

    @property
    def kind(self) -> Kind:
        """`absent`: nothing in the data is near. `thin`: less than passing cases have. `there`:
        as much as they have."""
        if self.right >= self.reach.aim:
            return "there"
        return "thin" if self.near else "absent"

    @property
    def missing(self) -> int:
        """Examples to add, so that it has what passing cases have."""
        return max(0, self.reach.aim - self.right)


@dataclass(frozen=True)
class Group:
    """The failing cases of a category, or of its controls."""

    label: Label
    cases: int
    """How many were run."""
    failures: tuple[Failure, ...]
    """The farthest from the data first."""
    coverage: Coverage
    lengths: LengthFigures
    wanted: tuple[Wanted, ...]
    """What to add."""

    @property
    def title(self) -> str:
        category, control = self.label
        return f"{category}{' control' if control else ''}"

    @property
    def add(self) -> int:
        return sum(each.count for each in self.wanted)

    @property
    def thin(self) -> int:
        """Examples that the category lacks as a whole."""
        row = self.coverage
        return max(0, row.wanted - row.found) if row.interval[1] < row.wanted else 0

    def of(self, kind: Kind) -> list[Failure]:
        return [failure for failure in self.failures if failure.kind == kind]


@dataclass(frozen=True)
class Turns:
    """Conversations of so many user turns or more."""

    turns: int
    cases: int
    failing: tuple[Tried, ...]
    found: int
    """How many the data hold."""
    conversations: int
    wanted: int

    @property
    def add(self) -> int:
        return max(0, self.wanted - self.found)


@dataclass(frozen=True)
class Gaps:
    """The whole of it."""

    looked: Looked
    conversations: int
    replies: int
    reach: Reach
    cosines: dict[bool, tuple[float, ...]]
    """Of passing and of failing cases, to the nearest training prompt."""
    groups: tuple[Group, ...]
    """Those that lack most first."""
    turns: tuple[Turns, ...]

    @property
    def nearer(self) -> float | None:
        """How often a passing case is nearer to the data than a failing one, 0 to 1; None where
        there are too few of either."""
        passing, failing = self.cosines[True], self.cosines[False]
        if min(len(passing), len(failing)) < FEW:
            return None
        ahead = sum((p > f) + (p == f) / 2 for p in passing for f in failing)
        return ahead / (len(passing) * len(failing))

    @property
    def add(self) -> int:
        return sum(each.add for each in self.groups) + sum(each.add for each in self.turns)


def find_gaps(
    looked: Looked,
    conversations: Sequence[Conversation],
    card: Persona,
    suites: Sequence[Suite],
    tools: Tools,
    limits: Limits | None = None,
) -> Gaps:
    """Hold the failing cases of a run against the data. Raises ModelError without an embedder."""
    limits = limits or Limits()
    replies = said_by("assistant", conversations)
    read = coverage.read(replies, card, tools, limits)
    rows = coverage.coverage(read, len(replies), suites, limits)
    cases = [*looked.passing, *looked.failing]
    nearest = Topics(replies, card, tools, limits).nearest([each.prompt for each in cases])
    found = list(zip(cases, nearest, strict=True))
    reach = reach_of([(case.label, near) for case, near in found if case.result.passed])
    failures = [
        Failure(case, near, reach, right(case.label, near, reach.cosine))
        for case, near in found
        if not case.result.passed
    ]
    cosines = {
        passed: tuple(n[0].cosine if n else 0.0 for c, n in found if c.result.passed == passed)
        for passed in (True, False)
    }
    groups = _groups(looked, failures, rows, read, card)
    turns = tuple(_turns(looked, conversations, suites, limits))
    return Gaps(looked, len(conversations), len(replies), reach, cosines, groups, turns)


def _groups(
    looked: Looked,
    failures: Sequence[Failure],
    rows: Sequence[Coverage],
    read: Read,
    card: Persona,
) -> tuple[Group, ...]:
    cases = Counter(each.label for each in looked.cases)
    found = []
    for row in rows:
        label = (row.category, row.control)
        own = [failure for failure in failures if failure.tried.label == label]
        if own:
            found.append(_group(label, cases[label], own, row, read.of(label), card))
    return tuple(sorted(found, key=lambda group: -group.add))


def _group(
    label: Label,
    cases: int,
    failures: Sequence[Failure],
    row: Coverage,
    practice: Sequence[Spoken],
    card: Persona,
) -> Group:
    ordered = sorted(failures, key=lambda each: each.nearest[0].cosine if each.nearest else 0.0)
    tried, near = [each.tried for each in failures], [n for each in failures for n in each.near]
    usual = usual_mix(label, card)
    lengths = length_figures(tried, near, practice, usual, card)
    group = Group(label, cases, tuple(ordered), row, lengths, ())
    return replace(group, wanted=_wanted(group, usual, card))


def _wanted(group: Group, usual: tuple[float, ...], card: Persona) -> tuple[Wanted, ...]:
    """New examples by length. Those for cases with too few near ones are as long as these cases
    ask; what the category lacks besides brings it near the usual mix."""
    lacking = [failure for failure in group.failures if failure.missing]
    added = Counter({each.words: each.count for each in group.lengths.wanted})
    topical = max(0, sum(each.missing for each in lacking) - added.total())
    mix = mix_for([failure.tried for failure in lacking], usual, card)
    added.update({each.words: each.count for each in spread(topical, (0, 0, 0), mix)})
    rest = max(0, group.thin - added.total())
    added.update({each.words: each.count for each in spread(rest, group.coverage.bands, usual)})
    return tuple(Wanted(added[words], words, *group.label) for words in BANDS if added[words])


def _turns(
    looked: Looked, conversations: Sequence[Conversation], suites: Sequence[Suite], limits: Limits
) -> Iterator[Turns]:
    """For each length of the failing conversations; half the share that the suites give them is
    wanted in the data, as for categories."""
    lengths = [len(each.case.turns) for each in looked.failing]
    asked = [len(case.turns) for suite in suites for case in suite.cases]
    held = [sum(m.role == "user" for m in each.messages) for each in conversations]
    for turns in sorted({length for length in lengths if length > 1}):
        share = min(_share(asked, turns) / 2, limits.most_wanted)
        failing = tuple(each for each in looked.failing if len(each.case.turns) >= turns)
        yield Turns(
            turns,
            sum(len(each.case.turns) >= turns for each in looked.cases),
            failing,
            sum(length >= turns for length in held),
            len(held),
            max(limits.least, math.ceil(share * len(held))),
        )


def _share(lengths: Sequence[int], least: int) -> float:
    return sum(length >= least for length in lengths) / max(1, len(lengths))
