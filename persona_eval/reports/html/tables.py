"""Tables and charts: rates by category, adapters beside each other, and how it came about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from persona_eval.compare import Change, Comparison
from persona_eval.reports.comparison import p_text, points, span
from persona_eval.reports.html.charts import interval_chart, trend_chart
from persona_eval.reports.html.content import Content
from persona_eval.reports.html.texts import shown
from persona_eval.reports.runs import Point, day
from persona_eval.results import CaseResult, CategorySummary, by_category, summarise
from persona_eval.suite.models import CATEGORIES

MEANINGS = {
    "in_character": "replies fit the prompt, in the character's voice",
    "dont_know": "the character admits what it cannot know",
    "clarify": "the character asks when a prompt is ambiguous",
    "off_topic": "the character stays in its own world",
    "boundary": "the character declines what is not for it",
    "all": "every case",
}


@dataclass(frozen=True)
class CategoryRow:
    """A category of one adapter."""

    name: str
    meaning: str
    rate: str
    chart: Markup
    interval: str
    passed: str
    trials: int
    controls: str
    balanced: str
    prefers: str
    copied: str
    """Share of the passes that repeat training data."""
    change: str
    change_interval: str
    p: str


@dataclass(frozen=True)
class CategoryTable:
    """The categories of one adapter."""

    adapter: str
    rows: tuple[CategoryRow, ...]
    compared: bool
    tested: bool
    controls: bool
    prefers: bool
    copied: bool


@dataclass(frozen=True)
class Beside:
    """Adapters beside each other: rates, and the candidate against each other one."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


@dataclass(frozen=True)
class TrendView:
    """Rates over iterations."""

    charts: tuple[tuple[str, str, Markup], ...]
    """Category, last rate, drawing."""
    names: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[str, ...]], ...]
    """Iteration, day, rates."""
    rejudged: int


def category_tables(content: Content) -> Iterator[CategoryTable]:
    """A table for each adapter."""
    for number, adapter in enumerate(content.adapters):
        if not adapter.results:
            continue
        comparison = content.against.comparison if number == 0 else None
        summaries = [*by_category(adapter.results), summarise("all", adapter.results)]
        changes = _changes(comparison)
        yield CategoryTable(
            adapter=shown(adapter.name),
            rows=tuple(_row(each, changes.get(each.category)) for each in summaries),
            compared=bool(changes),
            tested=any(change.difference for change in changes.values()),
            controls=any(each.controls is not None for each in summaries[:-1]),
            prefers=any(each.prefers is not None for each in summaries),
            copied=any(each.copied is not None for each in summaries),
        )


def _changes(comparison: Comparison | None) -> dict[str, Change]:
    if comparison is None:
        return {}
    whole = [comparison.whole] if comparison.whole else []
    return {change.category: change for change in [*comparison.categories, *whole]}


def _row(summary: CategorySummary, change: Change | None) -> CategoryRow:
    low, high = summary.interval
    whole = summary.category == "all"
    before = change.before if change else None
    label = f"{summary.rate:.0%}, 95 %: {low * 100:.0f} to {high * 100:.0f}"
    if before is not None:
        label += f", before {before:.0%}"
    return CategoryRow(
        name=summary.category,
        meaning=MEANINGS[summary.category],
        rate=f"{summary.rate:.0%}",
        chart=interval_chart(summary.rate, summary.interval, before, label),
        interval=f"{low * 100:.0f}–{high * 100:.0f}",
        passed=f"{summary.cases - summary.failed} of {summary.cases}",
        trials=summary.trials,
        controls="" if whole else _percent(summary.controls),
        balanced="" if whole else _percent(summary.balanced),
        prefers=_percent(summary.prefers),
        copied=_percent(summary.copied),
        change=points(change.difference) if change else "",
        change_interval=span(change.interval) if change else "",
        p=_p(change) if change else "",
    )


def _p(change: Change) -> str:
    """The chance of so large a difference by luck, in the direction that it has."""
    if not change.difference:
        return ""
    worse = change.difference < 0
    return (
        f"{'worse' if worse else 'better'} {p_text(change.p_worse if worse else change.p_better)}"
    )


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def beside(content: Content) -> Beside | None:
    """Adapters beside each other; None where there is one. Balanced where a category has controls,
    as doing the same to every prompt is no merit."""
    adapters = [adapter for adapter in content.adapters if adapter.results]
    if len(adapters) < 2:
        return None
    rates = [_balanced(adapter.results) for adapter in adapters]
    rows = (
        (
            name,
            tuple(_percent(rate.get(name)) for rate in rates),
            tuple(_difference(other.get(name), rates[0].get(name)) for other in rates[1:]),
        )
        for name in (*CATEGORIES, "all")
        if any(name in rate for rate in rates)
    )
    return Beside(tuple(shown(adapter.name) for adapter in adapters), tuple(rows))


def _balanced(results: Sequence[CaseResult]) -> dict[str, float]:
    return Point("", 0, results).rates()


def _difference(before: float | None, after: float | None) -> str:
    return "" if before is None or after is None else points(after - before)


def trend_view(found: Sequence[Point]) -> TrendView | None:
    """Charts and a table of the iterations; None where there are fewer than two."""
    if len(found) < 2:
        return None
    by_point = [_summaries(point.results) for point in found]
    names = [name for name in ("all", *CATEGORIES) if any(name in each for each in by_point)]
    labels = [point.label for point in found]
    return TrendView(
        charts=tuple(_trend(name, labels, [each.get(name) for each in by_point]) for name in names),
        names=tuple(names),
        rows=tuple(
            (point.label, day(point.started), tuple(_rate(each.get(name)) for name in names))
            for point, each in zip(found, by_point, strict=True)
        ),
        rejudged=sum(point.rejudged for point in found),
    )


def _summaries(results: Sequence[CaseResult]) -> Mapping[str, CategorySummary]:
    return {each.category: each for each in [*by_category(results), summarise("all", results)]}


def _trend(
    name: str, labels: Sequence[str], summaries: Sequence[CategorySummary | None]
) -> tuple[str, str, Markup]:
    rates = [each.rate if each else None for each in summaries]
    known = [rate for rate in rates if rate is not None]
    label = f"{name}: {known[0]:.0%} in the first run, {known[-1]:.0%} in the last"
    chart = trend_chart(
        labels, rates, [each.interval if each else None for each in summaries], label
    )
    return name, _percent(rates[-1]), chart


def _rate(summary: CategorySummary | None) -> str:
    return "" if summary is None else f"{summary.rate:.0%}"
