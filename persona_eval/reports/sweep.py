"""A sweep on the terminal and as JSON: the same bytes whenever the replies are the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from persona_eval.lint.findings import plural
from persona_eval.reports.columns import tables
from persona_eval.reports.plain import printable
from persona_eval.results import CategorySummary
from persona_eval.sweeps.effects import Effect
from persona_eval.sweeps.outcome import Choice, PointOutcome, SweepOutcome, categories_of

SCHEMA = 1
SHOWN = 3
"""Reasons that are listed."""
CURRENT = "*"


def sweep_lines(outcome: SweepOutcome) -> Iterator[str]:
    """The table, the region, the recommendation and the effects."""
    yield printable(heading(outcome))
    yield ""
    for part in _table(outcome):
        yield from part.splitlines()
        yield ""
    yield from _notes(outcome)
    yield from verdict_lines(outcome)
    yield from effect_lines(outcome)


def heading(outcome: SweepOutcome) -> str:
    """What was swept."""
    cases = plural(outcome.cases, "case")
    count = len(outcome.points)
    return (
        f"{', '.join(outcome.characters)} · adapter {outcome.adapter} · {outcome.model} · {cases} · "
        f"{plural(count, 'setting')} · the same draws for all"
    )


def verdict_lines(outcome: SweepOutcome) -> Iterator[str]:
    """Where the settings are sound, and which to take."""
    choice = outcome.choice
    if choice is None:
        yield "region   none: no case was judged at every point"
        return
    yield from map(printable, _region_lines(outcome, choice))
    centre = outcome.at[choice.region.centre]
    if choice.kind == "gate":
        yield printable(f"take     {centre.point.label}{_why(outcome, choice)}")
        if outcome.left_out:
            yield "note     not all cases were swept: floors of incomplete categories were not applied"
        yield "next     write it into the card: persona-eval accept --settings"
        return
    yield printable(f"centre   {centre.point.label}{_why(outcome, choice)}: not a recommendation")
    for reason in centre.reasons[:SHOWN]:
        yield printable(f"         its gate: {reason}")


def effect_lines(outcome: SweepOutcome) -> Iterator[str]:
    """What each setting does, and which matters most."""
    if outcome.effects:
        yield ""
    for effect in outcome.effects:
        yield printable(f"effect   {_effect(effect)}")
    if said := matters_most(outcome):
        yield f"effect   {said}"


def matters_most(outcome: SweepOutcome) -> str:
    """Which setting is shown to do most; empty where there is nothing to choose between."""
    shown = [effect for effect in outcome.effects if effect.shown]
    if outcome.effects and not shown:
        return "no setting is shown to matter: the differences may be luck of the cases"
    return f"{shown[0].setting} matters most" if len(outcome.effects) > 1 else ""


def sweep_json(outcome: SweepOutcome) -> dict[str, Any]:
    """Everything, as plain data."""
    choice = outcome.choice
    recommended = outcome.recommended
    return {
        "schema": SCHEMA,
        "adapter": outcome.adapter,
        "model": outcome.model,
        "engine": outcome.engine,
        "characters": list(outcome.characters),
        "cases": outcome.cases,
        "whole": not outcome.left_out,
        "compared": outcome.compared,
        "settings": {axis.name: list(axis.values) for axis in outcome.grid.axes},
        "points": [_point_json(outcome, each) for each in outcome.points],
        "region": choice and _choice_json(outcome, choice),
        "recommended": dict(recommended.point.changes) if recommended else None,
        "effects": [_effect_json(effect) for effect in outcome.effects],
    }


def percent(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.0%}"


def with_interval(summary: CategorySummary | None) -> str:
    """A rate with its interval."""
    if summary is None:
        return ""
    low, high = summary.interval
    return f"{summary.rate:.0%} [{low * 100:.0f}–{high * 100:.0f}]"


def gate_text(point: PointOutcome) -> str:
    """Whether all gates are open at a point."""
    if point.errors:
        return "error"
    return "pass" if point.passed else "fail"


def _table(outcome: SweepOutcome) -> Iterator[str]:
    """What decides comes first: where there is no room, the categories go below."""
    names = [name for name in categories_of(outcome) if name != "all"]
    errors = ["errors"] if outcome.unjudged else []
    rows = [
        [
            printable(point.point.label) + (f" {CURRENT}" if point.current else ""),
            gate_text(point),
            with_interval(point.summaries.get("all")),
            percent(point.cut_share),
            *(str(len(point.errors) or "") for _ in errors),
            *(_rate(point, name) for name in names),
        ]
        for point in outcome.points
    ]
    return tables(["", "gate", "all", "cut", *errors, *names], [rows])


def _rate(point: PointOutcome, category: str) -> str:
    summary = point.summaries.get(category)
    return percent(summary.rate if summary else None)


def _notes(outcome: SweepOutcome) -> Iterator[str]:
    if any(point.current for point in outcome.points):
        yield f"{CURRENT} what the cases have today"
    yield "cut: replies that max_tokens ended"
    if outcome.compared:
        yield "gate: compared with the baseline case by case, settings apart"
    errors = dict(error for point in outcome.points for error in point.errors)
    for key, message in list(errors.items())[:SHOWN]:
        yield printable(f"ERROR {key}: {message}")
    yield ""


def _region_lines(outcome: SweepOutcome, choice: Choice) -> Iterator[str]:
    total = len(outcome.points)
    count = sum(len(region.places) for region in choice.regions)
    where = ", ".join(_extent(outcome, choice))
    if choice.kind == "gate":
        yield f"region   every gate passes at {count} of {total} settings{_parts(choice)}: {where}"
        return
    yield f"region   no gate passes at any of the {total} settings"
    best = outcome.at[max(sorted(outcome.means), key=outcome.means.__getitem__)].point.label
    if count == 1:
        yield f"         the best is {best}; all others are shown worse"
        return
    yield (
        f"         {count} of them are not shown worse than the best, {best}{_parts(choice)}: {where}"
    )


def _parts(choice: Choice) -> str:
    parts = len(choice.regions)
    return f", in {parts} parts; the largest" if parts > 1 else ""


def _extent(outcome: SweepOutcome, choice: Choice) -> Iterator[str]:
    """How far the region reaches along each axis; named ones are listed."""
    for number, axis in enumerate(outcome.grid.axes):
        inside = sorted({place[number] for place in choice.region.places})
        texts = [axis.texts[n] for n in inside]
        if axis.ordered and len(texts) > 1:
            yield f"{axis.name} {texts[0]} to {texts[-1]}"
        else:
            yield f"{axis.name} {', '.join(texts)}"


def _why(outcome: SweepOutcome, choice: Choice) -> str:
    """Why this point, and not another of the region."""
    if any(not axis.ordered and len(axis.values) > 1 for axis in outcome.grid.axes):
        return " (the highest rate: a list has no neighbours, so that it may be luck)"
    if len(choice.region.places) == 1:
        return " (the only one of its region)"
    return f" (the centre, {_steps(choice.region.depth)} from the border)"


def _steps(depth: int) -> str:
    return plural(depth, "step")


def _effect(effect: Effect) -> str:
    low, high = effect.interval
    levels = ", ".join(f"{text} {rate:.0%}" for text, rate in effect.levels)
    if not effect.difference:
        return f"{effect.setting}: no difference ({levels})"
    said = (
        f"{effect.setting}: {effect.difference * 100:.1f} points "
        f"[{low * 100:.1f} to {high * 100:.1f}] between {effect.best} and {effect.worst}"
    )
    return f"{said}{'' if effect.shown else ', not shown'} ({levels})"


def _point_json(outcome: SweepOutcome, point: PointOutcome) -> dict[str, Any]:
    return {
        "label": point.point.label,
        "settings": dict(point.point.changes),
        "current": point.current,
        "categories": {name: s.to_json() for name, s in point.summaries.items()},
        "cases": {r.key: {"rate": float(r.rate), "passed": r.passed} for r in point.results},
        "errors": dict(point.errors),
        "gate": {"passed": point.passed, "reasons": list(point.reasons)},
        "replies": point.replies,
        "cut": point.cut,
        "in_region": bool(outcome.choice) and _inside(outcome, point),
    }


def _inside(outcome: SweepOutcome, point: PointOutcome) -> bool:
    choice = outcome.choice
    return choice is not None and any(point.point.place in r.places for r in choice.regions)


def _choice_json(outcome: SweepOutcome, choice: Choice) -> dict[str, Any]:
    return {
        "kind": choice.kind,
        "centre": dict(outcome.at[choice.region.centre].point.changes),
        "depth": choice.region.depth,
        "parts": [[outcome.at[p].point.label for p in part.places] for part in choice.regions],
    }


def _effect_json(effect: Effect) -> dict[str, Any]:
    return {
        "setting": effect.setting,
        "levels": dict(effect.levels),
        "best": effect.best,
        "worst": effect.worst,
        "difference": effect.difference,
        "interval": list(effect.interval),
        "shown": effect.shown,
    }
