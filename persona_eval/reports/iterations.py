"""The iterations up to a run: what came before it, judged alike. Page and terminal show the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from persona_eval.errors import PersonaEvalError
from persona_eval.history import Run
from persona_eval.reports.runs import Point
from persona_eval.results import Design
from persona_eval.sides import Project
from persona_eval.standings import result_of


def iterations(
    project: Project, run: Run, adapter: str, last: int, named: bool = False
) -> Iterator[Point]:
    """Whole runs on the same kind of engine, judged by today's rules, up to this one. Runs that
    repeat each other, reply by reply, are one iteration. A run that cannot be judged is left out.
    ``named`` asks for this adapter alone, also where it is the candidate."""
    points = (_judged(project, *each) for each in _before(project, run, adapter, last, named))
    yield from _merged(found for found in points if found)


def iterations_as_judged(project: Project, run: Run, adapter: str, last: int) -> Iterator[Point]:
    """The same of those runs alone that were judged by the very rules of this one, from what is
    stored and without any judging."""
    before = _before(project, run, adapter, last)
    points = (_stored(project, each, name) for each, name in before if _same_rules(each, run))
    yield from _merged(found for found in points if found)


Found = tuple[Run, Point, Any]
"""A run, its point, and what tells whether another repeats it."""


def _before(
    project: Project, run: Run, adapter: str, last: int, named: bool = False
) -> list[tuple[Run, str]]:
    """Whole runs on the same engine, each with the adapter that stands for it: the candidate,
    whatever it was called, or the same adapter again where this is not the candidate. The base
    alone is no iteration of an adapter, nor the other way round."""
    candidate = adapter == run.adapters[0] and not named
    standing = (
        (each, each.adapters[0] if candidate else adapter)
        for each in project.runs.all()
        if each.number <= run.number
        and each.whole
        and each.about.get("engine") == run.about.get("engine")
    )
    alike = [
        (each, name) for each, name in standing if _trained(each, name) == _trained(run, adapter)
    ]
    return alike[-last:]


def _trained(run: Run, adapter: str) -> bool | None:
    """Whether it is an adapter and not the base alone; None where the run does not have it."""
    known = run.about.get("adapters", {}).get(adapter)
    return bool(known.get("folder")) if isinstance(known, dict) else None


def _same_rules(one: Run, other: Run) -> bool:
    keys = ("judged_by", "suites")
    return all(one.about.get(key) == other.about.get(key) for key in keys)


def _judged(project: Project, run: Run, adapter: str) -> Found | None:
    if not project.runs.cases(run.number, adapter):
        return None
    try:
        side = project.side(project.reference(f"{run.number}:{adapter}"))
    except PersonaEvalError:
        return None
    point = Point(f"{run.number}", run.started, side.results, side.rejudged, adapter)
    return run, point, (adapter, side.standings)


def _stored(project: Project, run: Run, adapter: str) -> Found | None:
    trials = [trial for trial in project.runs.trials(run.number, adapter) if not trial.extra]
    outcomes: dict[str, list[bool]] = {}
    for trial in trials:
        outcomes.setdefault(trial.key, []).append(bool(trial.passed))
    results = [
        result_of(facts, outcomes[facts.key], Design(facts.least, facts.most, facts.pass_rate))
        for facts in project.runs.cases(run.number, adapter)
        if facts.key in outcomes
    ]
    if not results:
        return None
    point = Point(f"{run.number}", run.started, results, adapter=adapter)
    return run, point, (adapter, [(trial.key, trial.texts) for trial in trials])


def _merged(found: Iterator[Found]) -> Iterator[Point]:
    """One point for runs that repeat each other, under the numbers of the first and the last."""
    first: Found | None = None
    number = 0
    for each in found:
        if first and each[2] != first[2]:
            yield _labelled(first, number)
            first = None
        first, number = first or each, each[0].number
    if first:
        yield _labelled(first, number)


def _labelled(found: Found, last: int) -> Point:
    run, point, _ = found
    label = f"{run.number}–{last}" if last != run.number else f"{run.number}"
    return replace(point, label=label)
