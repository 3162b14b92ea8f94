"""A sweep as one HTML file: heat maps as tables, whose cells say their figures in words too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from persona_eval.reports.html.shell import asset, environment, policy
from persona_eval.reports.html.texts import shown
from persona_eval.reports.sweep import gate_text, heading, matters_most, percent, verdict_lines
from persona_eval.results import CategorySummary
from persona_eval.sweeps.effects import Effect, pairs_of
from persona_eval.sweeps.grid import Place
from persona_eval.sweeps.outcome import PointOutcome, SweepOutcome, categories_of

SHADES = 10
"""Steps of colour from 0 to 100 %."""


@dataclass(frozen=True)
class Cell:
    """A square of a heat map."""

    text: str
    shade: int | None
    """0 to ``SHADES``; None for nothing."""
    told: str
    """What it says to those who see no colour."""
    marks: str = ""
    """Classes of its frame: region, centre."""


@dataclass(frozen=True)
class HeatRow:
    """A row with its head."""

    head: str
    note: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class HeatMap:
    """A table of squares."""

    title: str
    caption: str
    corner: str
    heads: tuple[str, ...]
    rows: tuple[HeatRow, ...]


@dataclass(frozen=True)
class EffectRow:
    """What one setting does."""

    setting: str
    difference: str
    interval: str
    between: str
    shown: bool
    levels: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SweepView:
    """A sweep with one adapter."""

    heading: str
    tone: str
    verdict: str
    lines: tuple[tuple[str, str], ...]
    """What a line is about, and what it says."""
    maps: tuple[HeatMap, ...]
    points: tuple[tuple[str, str, str, str, tuple[str, ...]], ...]
    """Label, rate with interval, cut, gate, reasons."""
    effects: tuple[EffectRow, ...]
    most: str
    """Which setting matters most."""


def sweep_page(outcomes: Sequence[SweepOutcome]) -> str:
    """The page of a sweep, one part for each adapter."""
    style = asset("style.css", "sweep.css")
    return environment().get_template("sweep.html.j2").render(
        version=version("persona-eval"),
        policy=policy(style),
        style=style,
        sweeps=[_view(outcome) for outcome in outcomes],
    )  # fmt: skip


def _labelled(line: str) -> tuple[str, str]:
    """Label and text; a line that goes on with the one before has no label."""
    words = line.split()
    label = "" if line.startswith(" ") else words.pop(0)
    return shown(label), shown(" ".join(words))


def _view(outcome: SweepOutcome) -> SweepView:
    return SweepView(
        shown(heading(outcome)),
        "open" if outcome.recommended else "closed",
        _verdict(outcome),
        tuple(_labelled(line) for line in verdict_lines(outcome)),
        tuple(_maps(outcome)),
        tuple(_point_row(each) for each in outcome.points),
        tuple(map(_effect_row, outcome.effects)),
        shown(matters_most(outcome)),
    )


def _verdict(outcome: SweepOutcome) -> str:
    recommended = outcome.recommended
    if recommended:
        return shown(f"Take {recommended.point.label}")
    return "No setting passes every gate"


def _maps(outcome: SweepOutcome) -> Iterator[HeatMap]:
    """Categories by points, then two settings at a time where there are two."""
    yield _by_category(outcome)
    for first, second in pairs_of(outcome.grid.axes):
        yield _by_two(outcome, first, second)


def _by_category(outcome: SweepOutcome) -> HeatMap:
    names = categories_of(outcome)
    return HeatMap(
        "Categories",
        "Pass rate of each category at each choice of settings.",
        "Settings",
        tuple(names),
        tuple(
            HeatRow(
                shown(point.point.label),
                "today" if point.current else "",
                tuple(_cell(outcome, [point], name) for name in names),
            )
            for point in outcome.points
        ),
    )


def _by_two(outcome: SweepOutcome, first: int, second: int) -> HeatMap:
    """Rates by two settings, averaged over the others where there are more."""
    down, across = outcome.grid.axes[first], outcome.grid.axes[second]
    others = len(outcome.grid.axes) > 2
    return HeatMap(
        shown(f"{down.name} × {across.name}"),
        "Pass rate of all cases" + (", averaged over the other settings." if others else "."),
        shown(f"{down.name} ↓ {across.name} →"),
        tuple(map(shown, across.texts)),
        tuple(
            HeatRow(
                shown(text),
                "",
                tuple(
                    _cell(outcome, _at(outcome, {first: row, second: column}), "all")
                    for column in range(len(across.values))
                ),
            )
            for row, text in enumerate(down.texts)
        ),
    )


def _at(outcome: SweepOutcome, wanted: dict[int, int]) -> list[PointOutcome]:
    return [
        each
        for each in outcome.points
        if all(each.point.place[axis] == number for axis, number in wanted.items())
    ]


def _cell(outcome: SweepOutcome, points: Sequence[PointOutcome], category: str) -> Cell:
    rates = [each.summaries[category].rate for each in points if category in each.summaries]
    if not rates:
        return Cell("–", None, "not judged")
    rate = sum(rates) / len(rates)
    region, centre = _marks(outcome, [each.point.place for each in points])
    told = [
        percent(rate),
        *(["in the region"] if region else []),
        *(["its centre"] if centre else []),
    ]
    marks = " ".join(name for name, on in (("region", region), ("centre", centre)) if on)
    return Cell(percent(rate), round(rate * SHADES), ", ".join(told), marks)


def _marks(outcome: SweepOutcome, places: Sequence[Place]) -> tuple[bool, bool]:
    """Whether all of them are in the region, and whether one of them is its centre."""
    choice = outcome.choice
    if choice is None:
        return False, False
    return all(p in choice.region.places for p in places), choice.region.centre in places


def _point_row(point: PointOutcome) -> tuple[str, str, str, str, tuple[str, ...]]:
    whole = point.summaries.get("all")
    return (
        shown(point.point.label),
        _rate(whole),
        percent(point.cut_share),
        gate_text(point),
        tuple(map(shown, [*point.reasons, *(f"{key}: {why}" for key, why in point.errors)])),
    )


def _rate(summary: CategorySummary | None) -> str:
    if summary is None:
        return ""
    low, high = summary.interval
    return f"{summary.rate:.0%} ({low * 100:.0f}–{high * 100:.0f})"


def _effect_row(effect: Effect) -> EffectRow:
    low, high = effect.interval
    return EffectRow(
        shown(effect.setting),
        f"{effect.difference * 100:.1f}",
        f"{low * 100:.1f} to {high * 100:.1f}",
        shown(f"{effect.best} over {effect.worst}"),
        effect.shown,
        tuple((shown(text), percent(rate)) for text, rate in effect.levels),
    )
