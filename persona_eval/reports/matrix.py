"""Cases × adapters at the end of a run: where checkpoints differ, and which passes most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

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
ERROR, NOT_RUN = "ERROR", "–"
LEGEND = f"passed of the trials drawn, {PASSED} where the case passes"
LUCK = "A small lead may be luck: `persona-eval compare` tells"
"""With many to choose from, the best is partly the luckiest."""


class Column:
    """What one adapter came to, by case."""

    def __init__(self, name: str, results: Iterable[CaseResult], errors: Iterable[str]):
        """``errors``: keys of the cases that could not be judged."""
        self.name = name
        self.results: Mapping[str, CaseResult] = {result.key: result for result in results}
        self.errors = list(errors)
        self.keys = list(dict.fromkeys([*self.results, *self.errors]))

    def verdict(self, key: str) -> bool | None:
        """Whether the case passes; None where that is not known."""
        result = self.results.get(key)
        return None if result is None or key in self.errors else result.passed

    def cell(self, key: str) -> str:
        """The case in a word."""
        result = self.results.get(key)
        if key in self.errors:
            return ERROR
        if result is None:
            return NOT_RUN
        return f"{result.passes}/{result.trials} {PASSED if result.passed else FAILED}"

    @cached_property
    def rates(self) -> dict[str, float]:
        """Share of the trials passed, by category and over all, as in the adapter's own table."""
        results = list(self.results.values())
        whole = {"all": summarise("all", results).rate} if results else {}
        return {summary.category: summary.rate for summary in by_category(results)} | whole


@dataclass(frozen=True)
class Matrix:
    """Cases × adapters."""

    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    """All cases."""

    @classmethod
    def of(cls, columns: Sequence[Column]) -> Matrix | None:
        """None for less than two adapters."""
        if len(columns) < 2 or not any(column.results for column in columns):
            return None
        return cls(tuple(columns), tuple(dict.fromkeys(k for c in columns for k in c.keys)))

    @cached_property
    def owner(self) -> str:
        """Whose checkpoints the columns are, where they are of one adapter; else nothing."""
        return adapter_headers([column.name for column in self.columns])[0]

    @cached_property
    def heads(self) -> list[str]:
        """Heads of the columns."""
        return adapter_headers([column.name for column in self.columns])[1]

    @property
    def title(self) -> str:
        """What is in it."""
        return f"cases and {f'checkpoints of {self.owner}' if self.owner else 'adapters'}"

    @cached_property
    def verdicts(self) -> list[set[bool | None]]:
        """Of each case, what the columns say."""
        return [{column.verdict(key) for column in self.columns} for key in self.keys]

    @cached_property
    def differing(self) -> list[str]:
        """Cases on which they do not agree."""
        pairs = zip(self.keys, self.verdicts, strict=True)
        return [key for key, found in pairs if len(found) > 1]

    @property
    def wanted(self) -> Sequence[str]:
        """Cases worth a row."""
        return self.keys if len(self.keys) <= MANY else self.differing

    def shares(self) -> Iterator[list[str]]:
        """A row for each category, and for all."""
        rates = [column.rates for column in self.columns]
        for name in (*CATEGORIES, "all"):
            if any(name in rate for rate in rates):
                yield [name, *(f"{rate[name]:.0%}" if name in rate else "" for rate in rates)]

    def passing(self) -> list[str]:
        """How many cases pass in each column."""
        return [str(sum(bool(c.verdict(key)) for key in c.keys)) for c in self.columns]

    def counted(self) -> str:
        """How many cases agree, and how many differ."""
        unknown = self.verdicts.count({None})
        return (
            f"of {plural(len(self.keys), 'case')} {self.verdicts.count({True})} pass in all columns, "
            f"{self.verdicts.count({False})} in none; {len(self.differing)} differ"
            + (f", {unknown} could not be judged" if unknown else "")
        )

    def best(self) -> tuple[str, str] | None:
        """Who passes most, and how much; None where nobody stands out."""
        rates = [column.rates.get("all", 0.0) for column in self.columns]
        highest = max(rates)
        names = [head for head, rate in zip(self.heads, rates, strict=True) if rate == highest]
        return (", ".join(names), f"{highest:.0%}") if len(names) <= len(rates) / 2 else None


def matrix_of(adapters: Sequence[AdapterOutcome]) -> Matrix | None:
    """The matrix of a session's adapters; None for less than two."""
    return Matrix.of(
        [Column(a.adapter, a.results, (str(r["case"]) for r in a.errors)) for a in adapters]
    )


def matrix_lines(adapters: Sequence[AdapterOutcome]) -> Iterator[str]:
    """Nothing for less than two adapters."""
    found = matrix_of(adapters)
    if found is None:
        return
    shown = found.wanted[:MOST]
    shares = [*found.shares(), ["cases passed", *found.passing()]]
    yield f"{found.title}: {LEGEND}"
    yield from tables(["", *found.heads], [shares, _cases(shown, found)])
    yield found.counted()
    if more := len(found.wanted) - len(shown):
        yield f"{more} more of them: --persona-json FILE holds all"
    if best := found.best():
        yield f"most over all: {best[0]} ({best[1]}). {LUCK}"


def _cases(keys: Sequence[str], found: Matrix) -> list[list[str]]:
    cells = [[column.cell(key) for column in found.columns] for key in keys]
    taken = sum(GAP + room_of([h, *(row[n] for row in cells)]) for n, h in enumerate(found.heads))
    labels = case_labels(keys, WIDTH - taken)
    return [[label, *row] for label, row in zip(labels, cells, strict=True)]
