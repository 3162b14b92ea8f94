"""The closing block of a run: what ran, a table by category, what changed, one decision."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tabulate import tabulate

from persona_eval.compare import Comparison
from persona_eval.outcome import AdapterOutcome, GateOutcome, Outcome, Record
from persona_eval.reports.columns import WIDTH
from persona_eval.reports.comparison import comparison_lines, points
from persona_eval.reports.matrix import matrix_lines
from persona_eval.reports.plain import printable_lines
from persona_eval.reports.steady import drift_lines, luck_lines
from persona_eval.results import CaseResult, CategorySummary, by_category, summarise
from persona_eval.runner import Work
from persona_eval.statistics.design import intraclass
from persona_eval.suite.models import CATEGORIES

SHOWN = 12
COPIED_AT = 5
"""Column of the passing trials that repeat training data: beside the rate of passes."""
AGREE, DIFFER = 0.7, 0.3
"""Correlations of the trials of a case, from which on advice is given."""
FEWEST = 3
"""Passes, and failures, below which a correlation says nothing."""


def closing_block(outcome: Outcome, names_failing: bool = True) -> list[str]:
    """Lines for the end of the session. ``names_failing``: also which cases fail and count."""
    adapters = outcome.adapters
    lines = [_heading(outcome.records, adapters), ""]
    for number, adapter in enumerate(adapters):
        lines += [f"adapter {adapter.adapter}"] if len(adapters) > 1 else []
        compared = [g.comparison for g in outcome.gates if g.comparison] if number == 0 else []
        lines += (
            [category_rows(adapter.results, compared), *_trials(adapter), ""]
            if adapter.results
            else []
        )
    if len(adapters) > 1:
        lines += [*_side_by_side(adapters)]
    lines += [*_steady(adapters), *_errors(adapters)]
    lines += [*_failures(adapters)] if names_failing else []
    for gate in outcome.gates:
        lines += [*_gate(gate, named=len(outcome.gates) > 1)]
    if not outcome.gates:
        lines += [f"gate ERROR: {outcome.errors} cases could not be judged (above)"]
    return lines


def _heading(records: Sequence[Record], adapters: Sequence[AdapterOutcome]) -> str:
    work = total_work(records)
    models = (f"{r['model']} ({r['engine']})" for r in records if r["model"])
    personas = ", ".join(dict.fromkeys(record["persona"] for record in records))
    names = ", ".join(adapter.adapter for adapter in adapters)
    noun = "adapter" if len(adapters) == 1 else "adapters"
    stored = f"{work.stored} of {work.stored + work.generated} replies from the store"
    made = f"{work.generated} replies in {work.seconds:.0f} s, {work.tokens_per_second:.0f} tok/s"
    memory = [_memory(records)] if work.generated else []
    return " · ".join(
        [personas, f"{noun} {names}", *dict.fromkeys(models), f"{made}, {stored}", *memory]
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


def category_rows(results: Sequence[CaseResult], comparisons: Sequence[Comparison] = ()) -> str:
    """The table by category; with comparisons also the change against the baseline."""
    summaries = [*by_category(results), summarise("all", results)]
    headers = ["category", "cases", "trials", "passed", "95 %", "controls", "balanced", "failed"]
    rows = [_row(summary) for summary in summaries]
    if summaries[-1].copied is not None:
        headers.insert(COPIED_AT, "copied")
        for row, summary in zip(rows, summaries, strict=True):
            row.insert(COPIED_AT, percent(summary.copied))
    if summaries[-1].prefers is not None:
        headers.append("prefers")
        rows = [[*r, percent(s.prefers)] for r, s in zip(rows, summaries, strict=True)]
    if comparisons:
        headers.append("vs baseline")
        rows = [
            [*r, _change(s.category, comparisons)] for r, s in zip(rows, summaries, strict=True)
        ]
    return tabulate(rows, headers=headers, disable_numparse=True,
                    colalign=("left", *["right"] * (len(headers) - 1)))  # fmt: skip


def _change(category: str, comparisons: Sequence[Comparison]) -> str:
    """Mean change over the pairs of a category."""
    pairs = [p for c in comparisons for p in c.paired if category in ("all", p.result.category)]
    return points(float(sum(pair.difference for pair in pairs) / len(pairs))) if pairs else ""


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


def _trials(adapter: AdapterOutcome) -> Iterator[str]:
    """What was saved, and whether more trials or more cases would tell more."""
    saved = sum(result.saved for result in adapter.results)
    drawn = sum(result.trials for result in adapter.results)
    if saved:
        yield f"{drawn} of {drawn + saved} trials drawn: the other {saved} could change no verdict"
    passes = sum(result.passes for result in adapter.results)
    rho = intraclass([(result.passes, result.trials) for result in adapter.results])
    if min(passes, drawn - passes) < FEWEST:
        return
    if rho is not None and rho >= AGREE:
        yield f"ρ {rho:.2f}: the trials of a case agree, so that more cases tell more than more trials"
    elif rho is not None and rho <= DIFFER:
        yield f"ρ {rho:.2f}: the trials of a case differ, so that more trials tell as much as more cases"
    elif rho is not None:
        yield f"ρ {rho:.2f}: both more cases and more trials would tell more"


def _side_by_side(adapters: Sequence[AdapterOutcome]) -> Iterator[str]:
    """The candidate against each other, as long as there are few of them, then case by case."""
    table = _difference(adapters)
    if max(map(len, table.splitlines())) <= WIDTH:
        yield from (table, "")
    if rows := [*matrix_lines(adapters)]:
        yield from (*rows, "")


def _difference(adapters: Sequence[AdapterOutcome]) -> str:
    """Rates by category, an adapter a column, and the candidate against each other in points."""
    rates = [_rates(adapter.results) for adapter in adapters]
    rows = [
        [
            name,
            *(percent(rate.get(name)) for rate in rates),
            *(_points(other.get(name), rates[0].get(name)) for other in rates[1:]),
        ]
        for name in (*CATEGORIES, "all")
        if any(name in rate for rate in rates)
    ]
    names = [adapter.adapter for adapter in adapters]
    headers = ["category", *names, *(f"{names[0]} against {name}" for name in names[1:])]
    return tabulate(rows, headers=headers, disable_numparse=True,
                    colalign=("left", *["right"] * (len(headers) - 1)))  # fmt: skip


def _rates(results: Sequence[CaseResult]) -> dict[str, float]:
    """Balanced where a category has controls, as doing the same to every prompt is no merit."""
    summaries = by_category(results)
    rates = {s.category: s.rate if s.balanced is None else s.balanced for s in summaries}
    return rates | ({"all": summarise("all", results).rate} if results else {})


def _points(before: float | None, after: float | None) -> str:
    return "" if before is None or after is None else f"{(after - before) * 100:+.0f} pts"


def _steady(adapters: Sequence[AdapterOutcome]) -> Iterator[str]:
    """What the candidate passes by luck, and how its long conversations go."""
    for candidate in adapters[:1]:
        yield from luck_lines(candidate.results)
        yield from drift_lines(candidate.results)


def _errors(adapters: Sequence[AdapterOutcome]) -> Iterator[str]:
    for adapter in adapters:
        for record in adapter.errors:
            yield f"ERROR {record['node']}: {printable_lines(record['error'])}"


def _failures(adapters: Sequence[AdapterOutcome]) -> Iterator[str]:
    nodes = [node for adapter in adapters for node in adapter.failed]
    yield from (f"failed {node}" for node in nodes[:SHOWN])
    if len(nodes) > SHOWN:
        yield f"failed {len(nodes) - SHOWN} more (above, or with -rf)"


def _gate(gate: GateOutcome, named: bool) -> Iterator[str]:
    if gate.comparison and gate.baseline:
        yield f"against the baseline of {_accepted(gate.baseline)}"
        policy = gate.decision.policy
        yield from comparison_lines(gate.comparison, policy["alpha"], policy["margin"])
    elif gate.engines:
        kinds = ", ".join(gate.engines)
        yield f"no comparison: the baseline has no section for {gate.engine} (it has {kinds})"
    if gate.left_out:
        noun = "case was" if gate.left_out == 1 else "cases were"
        yield f"{gate.left_out} {noun} not run: these rates are those of the others"
    if gate.others:
        yield f"not looked at: {', '.join(gate.others)}: these rates are those of the other suites"
    yield from (f"note {note}" for note in gate.decision.notes)
    word = "ERROR" if gate.errors else "PASS" if gate.decision.passed else "FAIL"
    name = f" {gate.persona} ({gate.folder})" if named else ""
    if not gate.decision.reasons:
        yield f"gate {word}{name}: {_passing(gate)}"
    yield from (f"gate {word}{name}: {reason}" for reason in gate.decision.reasons)
    if gate.decision.next:
        yield f"next {gate.decision.next}"


def _passing(gate: GateOutcome) -> str:
    cases = gate.passed + sum(gate.excused.values())
    excused = "".join(f", {count} × {kind}" for kind, count in sorted(gate.excused.items()))
    return f"{gate.passed} of {cases} cases passed{excused}"


def _accepted(baseline: Mapping[str, Any]) -> str:
    return f"{baseline['accepted']} ({baseline['adapter']['name']})"
