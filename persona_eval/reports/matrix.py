"""Cases × adapters at the end of a run: where checkpoints differ, and which passes most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from persona_eval.lint.findings import plural
from persona_eval.outcome import AdapterOutcome
from persona_eval.reports.columns import GAP, WIDTH, adapter_headers, case_labels, room_of, tables
from persona_eval.results import CaseResult, by_category, summarise
from persona_eval.suite.models import CATEGORIES

MANY = 20
"""Cases from which on only those are shown on which adapters differ."""
MOST = 60
"""Rows of cases that are shown at all."""
PASSED, FAILED = "✓", "·"


def matrix_lines(adapters: Sequence[AdapterOutcome]) -> Iterator[str]:
    """Nothing for less than two adapters."""
    if len(adapters) < 2 or not any(adapter.results for adapter in adapters):
        return
    of, heads = adapter_headers([adapter.adapter for adapter in adapters])
    columns = [_Column(adapter) for adapter in adapters]
    keys = list(dict.fromkeys(key for column in columns for key in column.keys))
    differing = [key for key in keys if _differs(key, columns)]
    wanted = keys if len(keys) <= MANY else differing
    shown = wanted[:MOST]
    yield f"cases and {f'checkpoints of {of}' if of else 'adapters'}: passed of the trials drawn, {PASSED} where the case passes"
    yield from tables(["", *heads], [_shares(columns), _cases(shown, columns, heads)])
    yield from _counted(keys, differing, columns)
    if len(wanted) > len(shown):
        yield f"{len(wanted) - len(shown)} more of them: --persona-json FILE holds all"
    yield from _best(columns, heads)


class _Column:
    """What one adapter came to, by case."""

    def __init__(self, adapter: AdapterOutcome):
        self.results: Mapping[str, CaseResult] = {r.key: r for r in adapter.results}
        self.errors = [str(record["case"]) for record in adapter.errors]
        self.keys = list(dict.fromkeys([*self.results, *self.errors]))

    def verdict(self, key: str) -> bool | None:
        """Whether the case passes; None where that is not known."""
        result = self.results.get(key)
        return None if result is None or key in self.errors else result.passed

    def cell(self, key: str) -> str:
        result = self.results.get(key)
        if key in self.errors:
            return "ERROR"
        if result is None:
            return "–"
        return f"{result.passes}/{result.trials} {PASSED if result.passed else FAILED}"

    def rates(self) -> dict[str, float]:
        """Share of the trials passed, by category and over all, as in the adapter's own table."""
        results = list(self.results.values())
        whole = {"all": summarise("all", results).rate} if results else {}
        return {summary.category: summary.rate for summary in by_category(results)} | whole


def _shares(columns: Sequence[_Column]) -> list[list[str]]:
    rates = [column.rates() for column in columns]
    rows = [
        [name, *(f"{rate[name]:.0%}" if name in rate else "" for rate in rates)]
        for name in (*CATEGORIES, "all")
        if any(name in rate for rate in rates)
    ]
    passing = (sum(bool(c.verdict(key)) for key in c.keys) for c in columns)
    return [*rows, ["cases passed", *map(str, passing)]]


def _cases(
    keys: Sequence[str], columns: Sequence[_Column], heads: Sequence[str]
) -> list[list[str]]:
    cells = [[column.cell(key) for column in columns] for key in keys]
    taken = sum(GAP + room_of([h, *(row[n] for row in cells)]) for n, h in enumerate(heads))
    labels = case_labels(keys, WIDTH - taken)
    return [[label, *row] for label, row in zip(labels, cells, strict=True)]


def _differs(key: str, columns: Sequence[_Column]) -> bool:
    return len({column.verdict(key) for column in columns}) > 1


def _counted(
    keys: Sequence[str], differing: Sequence[str], columns: Sequence[_Column]
) -> Iterator[str]:
    verdicts = [{column.verdict(key) for column in columns} for key in keys]
    unknown = verdicts.count({None})
    yield (
        f"of {plural(len(keys), 'case')} {verdicts.count({True})} pass in all columns, "
        f"{verdicts.count({False})} in none; {len(differing)} differ"
        + (f", {unknown} could not be judged" if unknown else "")
    )


def _best(columns: Sequence[_Column], heads: Sequence[str]) -> Iterator[str]:
    """Who passes most, where somebody does. With many to choose from, the best is partly the
    luckiest."""
    rates = [column.rates().get("all", 0.0) for column in columns]
    highest = max(rates)
    names = [head for head, rate in zip(heads, rates, strict=True) if rate == highest]
    if len(names) <= len(heads) / 2:
        yield (
            f"most over all: {', '.join(names)} ({highest:.0%}). A small lead may be luck: "
            "`persona-eval compare` tells"
        )
