"""Whether voice and facts fade over a long conversation: scores of its probes over the turns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, get_args

from persona_eval.judging import Judgement
from persona_eval.statistics.rates import mean
from persona_eval.statistics.slopes import slope
from persona_eval.statistics.student import student_interval
from persona_eval.suite.models import Case, ProbeKind

Finding = Literal["drops", "holds", "open"]
KINDS: tuple[ProbeKind, ...] = get_args(ProbeKind)
VOICE = "in_voice"


@dataclass(frozen=True)
class Probe:
    """A turn whose reply is scored."""

    turn: int
    """Index into the case's turns."""
    kind: ProbeKind
    asked: str
    """What the user says there. Where the same is asked again, only that is compared."""


@dataclass(frozen=True)
class DriftPlan:
    """What is looked at in a case with `drift`."""

    max_drop: float
    probes: tuple[Probe, ...]

    @classmethod
    def of(cls, case: Case) -> DriftPlan | None:
        if case.drift is None:
            return None
        turns = enumerate(case.turns)
        probes = tuple(Probe(n, turn.probe, turn.user) for n, turn in turns if turn.probe)
        return cls(case.drift.max_drop, probes)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> DriftPlan | None:
        if data is None:
            return None
        return cls(data["max_drop"], tuple(Probe(**each) for each in data["probes"]))


@dataclass(frozen=True)
class DriftLine:
    """How the scores of one kind of probe go over the turns."""

    kind: ProbeKind
    turns: tuple[int, ...]
    """Counted from 1."""
    scores: tuple[float | None, ...]
    """Mean over the trials, 0 to 1; None where no trial has one."""
    slope: float | None
    """Mean change from one turn to the next; None where it cannot be told."""
    change: float | None
    """The same from the first probe to the last."""
    interval: tuple[float, float] | None
    """95 % of the change; None for a single trial."""
    repeated: bool
    """Whether something is asked again, so that questions are compared with themselves."""
    max_drop: float
    finding: Finding
    """`drops`: by more than is allowed. `holds`: by less. `open`: it may be either."""


@dataclass(frozen=True)
class Drifted:
    """What a case with `drift` came to, over all its trials."""

    lines: tuple[DriftLine, ...]

    @property
    def passed(self) -> bool:
        """Whether no score is shown to drop."""
        return all(line.finding != "drops" for line in self.lines)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any] | None) -> Drifted | None:
        return None if data is None else cls(tuple(_line_from(each) for each in data["lines"]))


def drifted(plan: DriftPlan, judgements: Sequence[Judgement]) -> Drifted:
    """The lines of each kind that the case probes."""
    kinds = [kind for kind in KINDS if any(probe.kind == kind for probe in plan.probes)]
    return Drifted(tuple(_line(plan, kind, judgements) for kind in kinds))


def settled(plan: DriftPlan | None, judgements: Sequence[Judgement]) -> list[Judgement]:
    """The judgements as their case stands. All trials of a case with `drift` pass, or none does:
    its question is one that only all of them together can answer."""
    if plan is None or not judgements:
        return list(judgements)
    passed = drifted(plan, judgements).passed
    return [replace(each, passed=None if each.error else passed) for each in judgements]


def _line(plan: DriftPlan, kind: ProbeKind, judgements: Sequence[Judgement]) -> DriftLine:
    """Least squares for each trial, and the trial as the unit: turns of one conversation depend on
    each other, conversations do not (the summary-measures method; Matthews and others, BMJ 1990,
    300:230–235). Two kinds with an interval of 95 % each give a false alarm in 5 % at most, as
    only one end of each counts."""
    probes = [probe for probe in plan.probes if probe.kind == kind]
    rows = [[_score(judgement, probe) for probe in probes] for judgement in judgements]
    slopes = [found for row in rows if (found := _slope(probes, row)) is not None]
    length = probes[-1].turn - probes[0].turn
    steep = mean(slopes)
    interval = student_interval([each * length for each in slopes])
    columns = (mean([row[n] for row in rows if row[n] is not None]) for n in range(len(probes)))  # type: ignore[misc]
    return DriftLine(
        kind=kind,
        turns=tuple(probe.turn + 1 for probe in probes),
        scores=tuple(columns),
        slope=steep,
        change=None if steep is None else steep * length,
        interval=interval,
        repeated=len({probe.asked for probe in probes}) < len(probes),
        max_drop=plan.max_drop,
        finding=_finding(interval, plan.max_drop),
    )


def _finding(interval: tuple[float, float] | None, max_drop: float) -> Finding:
    if interval is None:
        return "open"
    low, high = interval
    return "drops" if high < -max_drop else "holds" if low > -max_drop else "open"


def _slope(probes: Sequence[Probe], row: Sequence[float | None]) -> float | None:
    scored = [(p, value) for p, value in zip(probes, row, strict=True) if value is not None]
    if len(scored) < 2:
        return None
    places = [float(probe.turn) for probe, _ in scored]
    return slope(places, [value for _, value in scored], [probe.asked for probe, _ in scored])


def _score(judgement: Judgement, probe: Probe) -> float | None:
    scores = [score for score in judgement.scores if score["turn"] == probe.turn]
    if probe.kind == "fact":
        own = (s["passed"] for s in scores if s["source"] == "case")
        return mean([float(passed) for passed in own if passed is not None])
    return next((_voice(score) for score in scores if score["expectation"] == VOICE), None)


def _voice(score: Mapping[str, Any]) -> float | None:
    """The value of `in_voice`, 0 to 1; what is stuffed with catchphrases has none and fails."""
    value = score["value"]
    if isinstance(value, int | float):
        return min(1.0, max(0.0, float(value)))
    return None if score["passed"] is None else float(score["passed"])


def _line_from(data: Mapping[str, Any]) -> DriftLine:
    lists: Iterable[str] = ("turns", "scores", "interval")
    return DriftLine(**{**data, **{key: data[key] and tuple(data[key]) for key in lists}})
