"""The closing block of a run: what ran, a table by category, one verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabulate import tabulate

from persona_eval.results import CaseResult, CategorySummary, by_category, summarise
from persona_eval.runner import Work
from persona_eval.suite.models import CATEGORIES

Record = Mapping[str, Any]
SHOWN = 12


@dataclass(frozen=True)
class AdapterResults:
    """The results of one adapter, with what could not be judged."""

    adapter: str
    results: tuple[CaseResult, ...]
    errors: tuple[Record, ...]
    failed: tuple[str, ...]
    """Node ids of failing cases."""
    expected: int
    """How many cases failed as expected."""


def closing_block(records: Sequence[Record], interrupted: bool = False) -> list[str]:
    """Lines for the end of the session; ``records`` is what the items recorded."""
    groups = [_of_adapter(name, records) for name in dict.fromkeys(r["adapter"] for r in records)]
    lines = [_heading(records, groups), ""]
    for group in groups:
        lines += [f"adapter {group.adapter}"] if len(groups) > 1 else []
        lines += [_table(group.results), ""] if group.results else []
    if len(groups) > 1:
        lines += [_difference(groups), ""]
    return [*lines, *_errors(groups), *_failures(groups), _verdict(groups, interrupted)]


def _of_adapter(name: str, records: Sequence[Record]) -> AdapterResults:
    mine = [record for record in records if record["adapter"] == name]
    judged = [(record, CaseResult(**record["result"])) for record in mine if record["result"]]
    return AdapterResults(
        name,
        tuple(result for _, result in judged),
        tuple(record for record in mine if record["error"]),
        tuple(record["node"] for record, _ in judged if record["outcome"] == "failed"),
        sum(not result.passed and record["outcome"] == "skipped" for record, result in judged),
    )


def _heading(records: Sequence[Record], groups: Sequence[AdapterResults]) -> str:
    work = total_work(records)
    models = (f"{r['model']} ({r['engine']})" for r in records if r["model"])
    personas = ", ".join(dict.fromkeys(record["persona"] for record in records))
    adapters = ", ".join(group.adapter for group in groups)
    noun = "adapter" if len(groups) == 1 else "adapters"
    stored = f"{work.stored} of {work.stored + work.generated} replies from the store"
    made = f"{work.generated} replies in {work.seconds:.0f} s, {work.tokens_per_second:.0f} tok/s"
    memory = [_memory(records)] if work.generated else []
    return " · ".join(
        [personas, f"{noun} {adapters}", *dict.fromkeys(models), f"{made}, {stored}", *memory]
    )


def _memory(records: Sequence[Record]) -> str:
    """The largest process: in all, and what the model tells of it."""
    largest = max(records, key=lambda record: record["peak_memory"])
    parts = [f"{name} {_gib(size)}" for name, size in largest["memory"].items()]
    inside = f" ({', '.join(parts)})" if parts else ""
    return f"peak memory {_gib(largest['peak_memory'])} GiB{inside}"


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f}"


def total_work(records: Iterable[Record]) -> Work:
    """The work of all processes: each record carries its process's count so far."""
    latest: dict[str, Work] = {}
    for record in records:
        work = Work(**record["work"])
        known = latest.get(record["worker"], Work())
        if work.generated + work.stored >= known.generated + known.stored:
            latest[record["worker"]] = work
    return Work(
        generated=sum(work.generated for work in latest.values()),
        stored=sum(work.stored for work in latest.values()),
        tokens=sum(work.tokens for work in latest.values()),
        seconds=max((work.seconds for work in latest.values()), default=0.0),
    )


def _table(results: Sequence[CaseResult]) -> str:
    summaries = [*by_category(results), summarise("all", results)]
    headers = ["category", "cases", "trials", "passed", "95 %", "controls", "balanced", "failed"]
    rows = [_row(summary) for summary in summaries]
    if summaries[-1].prefers is not None:
        headers.append("prefers")
        rows = [[*r, percent(s.prefers)] for r, s in zip(rows, summaries, strict=True)]
    return tabulate(rows, headers=headers, disable_numparse=True,
                    colalign=("left", *["right"] * (len(headers) - 1)))  # fmt: skip


def _row(summary: CategorySummary) -> list[str]:
    low, high = summary.interval
    whole = summary.category == "all"
    return [
        summary.category,
        str(summary.cases),
        str(summary.trials),
        f"{summary.rate:.0%}",
        f"{low * 100:.0f}–{high * 100:.0f}",
        "" if whole else percent(summary.controls),
        "" if whole else percent(summary.balanced),
        str(summary.failed),
    ]


def percent(share: float | None) -> str:
    """A share as a percentage, or nothing."""
    return "" if share is None else f"{share:.0%}"


def _difference(groups: Sequence[AdapterResults]) -> str:
    """Rates by category, an adapter a column, and the last against the first in points."""
    rates = [_rates(group.results) for group in groups]
    first, last = rates[0], rates[-1]
    rows = [
        [
            name,
            *(percent(rate.get(name)) for rate in rates),
            _points(first.get(name), last.get(name)),
        ]
        for name in (*CATEGORIES, "all")
        if any(name in rate for rate in rates)
    ]
    names = [group.adapter for group in groups]
    headers = ["category", *names, f"{names[-1]} against {names[0]}"]
    return tabulate(rows, headers=headers, disable_numparse=True,
                    colalign=("left", *["right"] * (len(names) + 1)))  # fmt: skip


def _rates(results: Sequence[CaseResult]) -> dict[str, float]:
    """Balanced where a category has controls, as doing the same to every prompt is no merit."""
    summaries = by_category(results)
    rates = {s.category: s.rate if s.balanced is None else s.balanced for s in summaries}
    return rates | ({"all": summarise("all", results).rate} if results else {})


def _points(before: float | None, after: float | None) -> str:
    return "" if before is None or after is None else f"{(after - before) * 100:+.0f} pts"


def _errors(groups: Sequence[AdapterResults]) -> Iterator[str]:
    for group in groups:
        for record in group.errors:
            yield f"ERROR {record['node']}: {record['error']}"


def _failures(groups: Sequence[AdapterResults]) -> Iterator[str]:
    nodes = [node for group in groups for node in group.failed]
    yield from (f"failed {node}" for node in nodes[:SHOWN])
    if len(nodes) > SHOWN:
        yield f"failed {len(nodes) - SHOWN} more (above, or with -rf)"


def _verdict(groups: Sequence[AdapterResults], interrupted: bool) -> str:
    errors = sum(len(group.errors) for group in groups)
    failed = sum(len(group.failed) for group in groups)
    cases = sum(len(group.results) for group in groups)
    if errors:
        return (
            f"verdict ERROR: {errors} cases could not be judged (above); {failed} of {cases} failed"
        )
    if failed:
        return f"verdict FAIL: {failed} of {cases} cases failed"
    if interrupted:
        return f"verdict INCOMPLETE: interrupted after {cases} cases, none of which failed"
    if expected := sum(group.expected for group in groups):
        return f"verdict PASS: {cases - expected} of {cases} cases passed, {expected} failed as expected"
    return f"verdict PASS: all {cases} cases passed"
