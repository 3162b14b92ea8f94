"""The lint of training data, as a table, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tabulate import tabulate

from persona_eval.errors import PersonaEvalError
from persona_eval.lint.findings import Coverage, Example, Finding, LintReport, plural
from persona_eval.lint.lengths import BANDS
from persona_eval.reports.plain import printable

SCHEMA = 1
SHOWN = 5
"""Places of a finding that are told in words; JSON has all."""


def lint_lines(name: str, report: LintReport) -> Iterator[str]:
    """Figures of an adapter's data: lengths, and what it practises by category."""
    lengths = report.lengths
    yield f"{name}: {report.conversations} conversations, {lengths.replies} replies"
    yield (
        f"  words      {lengths.shortest} to {lengths.longest}, median {lengths.median}, four of "
        f"five from {lengths.tenth} to {lengths.ninetieth}"
    )
    yield (
        f"  share      under 20 words {lengths.short:.0%}, over 100 words {lengths.long:.0%}, "
        f"no closing mark {lengths.open_ended:.0%}"
    )
    yield f"  by meaning {_compared(report)}"
    if report.judged is not None:
        yield f"  the card   held against {report.judged} replies, drawn by a fixed seed"
    if report.coverage:
        yield from ("", _table(report))
        if report.sampled is not None:
            yield (
                f"(found: estimated from {report.sampled} of {lengths.replies} replies, drawn by a "
                "fixed seed, with 95 % intervals)"
            )
        yield ""


def finding_text(finding: Finding) -> str:
    """What was found, and the first few places, one a line."""
    more = len(finding.examples) - SHOWN
    rest = [f"    and {more} more (all of them: persona-eval lint --json)"] if more > 0 else []
    shown = map(_place, finding.examples[:SHOWN])
    return "\n".join((printable(str(finding)), *shown, *rest))


def refuse_unsound(report: LintReport, folder: Path, tell: Callable[[str], object]) -> None:
    """Tell what is wrong with the data before a training. Raises PersonaEvalError where that is
    an error."""
    for finding in report.findings:
        tell(f"{finding.kind}: {finding_text(finding)}")
    if errors := len(report.of_kind("error")):
        raise PersonaEvalError(
            f"{folder} was not trained: {plural(errors, 'error')} in its data. Mend that (all "
            f"figures: persona-eval lint {folder}), or train all the same: persona-eval train "
            f"{folder} --no-lint"
        )


def lint_json(name: str, report: LintReport) -> dict[str, Any]:
    """All of it; places as ``path`` and ``line``."""
    return {
        "adapter": name,
        "errors": len(report.of_kind("error")),
        "warnings": len(report.of_kind("warning")),
        "conversations": report.conversations,
        "lengths": asdict(report.lengths),
        "coverage": [_coverage(row) for row in report.coverage],
        "sampled": report.sampled,
        "judged": report.judged,
        "messages": report.messages,
        "compared": report.compared,
        "findings": [_finding(finding) for finding in report.findings],
    }


def _compared(report: LintReport) -> str:
    if report.compared is None:
        return "nothing was compared: no embedder"
    if not report.messages:
        return "nothing was compared: no suites"
    if report.compared == report.messages:
        return f"all {plural(report.messages, 'message')} were compared with the suites"
    return (
        f"{report.compared} of {report.messages} messages were compared with the suites, those "
        "that share most words with them"
    )


def _table(report: LintReport) -> str:
    rows = [
        [
            f"{row.category}{' control' if row.control else ''}", str(row.cases),
            str(row.wanted or "–"), _found(row), f"{row.found / report.lengths.replies:.0%}",
            *map(str, row.bands), row.what,
        ]
        for row in report.coverage
    ]  # fmt: skip
    headers = ["category", "cases", "wanted", "found", "share", *BANDS, "what was counted"]
    align = ("left", *["right"] * 7, "left")
    return tabulate(rows, headers=headers, disable_numparse=True, colalign=align)


def _found(row: Coverage) -> str:
    low, high = row.interval
    return str(row.found) if low == high else f"{row.found} [{low}–{high}]"


def _place(example: Example) -> str:
    return f"    {example.place}: {printable(example.text)}"


def _coverage(row: Coverage) -> dict[str, Any]:
    whole = asdict(row)
    return {**whole, "bands": dict(zip(BANDS, row.bands, strict=True))}


def _finding(finding: Finding) -> dict[str, Any]:
    shown = [{"path": str(e.path), "line": e.line, "text": e.text} for e in finding.examples]
    return {**asdict(finding), "examples": shown}
