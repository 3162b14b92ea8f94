"""Stored runs: a list, one of them, and how the rates changed over them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tabulate import tabulate

from persona_eval.history import Run
from persona_eval.reports.plain import printable
from persona_eval.reports.terminal import category_rows, percent
from persona_eval.results import CaseResult, by_category, summarise
from persona_eval.suite.models import CATEGORIES

STATUS = {0: "gate PASS", 1: "gate FAIL", 2: "interrupted", 7: "error"}
WIDTH, HEIGHT = 76, 16


def run_table(runs: Sequence[Run], cases: Mapping[int, int]) -> str:
    """One line a run, newest last."""
    rows = [
        [
            str(run.number),
            day(run.started),
            ", ".join(run.adapters),
            _model(run),
            run.about.get("engine", ""),
            str(cases.get(run.number, 0)),
            _commit(run.about),
            ending(run),
        ]
        for run in runs
    ]
    headers = ["run", "started", "adapters", "model", "engine", "cases", "commit", "ended"]
    return tabulate(rows, headers=headers, disable_numparse=True)


def run_lines(run: Run) -> Iterator[str]:
    """What a run was made with, and how it ended."""
    about = run.about
    yield f"run {run.number} · {day(run.started)} · {ending(run)}"
    yield f"model     {_model(run)} ({about.get('engine', '')})"
    for name, adapter in about.get("adapters", {}).items():
        yield f"adapter   {name}{_adapter(adapter)}"
    for place in about.get("suites", {}):
        yield f"suite     {place}"
    if about.get("arguments"):
        yield f"called    pytest {printable(' '.join(about['arguments']))}"
    if commit := _commit(about):
        yield f"commit    {commit}"
    if host := about.get("host"):
        yield f"host      {host['name']} ({host['system']}, {host['cores']} cores)"
    if versions := about.get("versions"):
        yield "versions  " + ", ".join(f"{name} {found}" for name, found in versions.items())
    for folder, decision in (run.gates or {}).items():
        word = "PASS" if decision["passed"] else "FAIL"
        yield f"gate      {folder}: {word}"
        yield from (f"          {reason}" for reason in decision["reasons"])


def result_lines(results: Sequence[CaseResult]) -> Iterator[str]:
    """Table by category, then every case that is not stable."""
    yield from ("", category_rows(results), "")
    for result in results:
        if result.label != "stable":
            yield f"{result.label:<9} {result.key} ({result.passes} of {result.trials} trials)"


@dataclass(frozen=True)
class Point:
    """An iteration: one adapter in one run."""

    label: str
    started: float
    results: Sequence[CaseResult]
    rejudged: int = 0
    """Trials that were judged anew, as rules have changed since."""
    adapter: str = ""

    def rates(self) -> dict[str, float]:
        """Rates by category, balanced where there are controls, and of all."""
        summaries = by_category(self.results)
        rates = {s.category: s.rate if s.balanced is None else s.balanced for s in summaries}
        return {**rates, "all": summarise("all", self.results).rate}


def trend_lines(points: Sequence[Point]) -> Iterator[str]:
    """A table of rates by iteration and category, and a plot of all of them where there are two
    iterations or more."""
    rates = [point.rates() for point in points]
    names = [name for name in (*CATEGORIES, "all") if any(name in rate for rate in rates)]
    rows = [
        [
            f"{point.label} {point.adapter}",
            day(point.started),
            *(percent(rate.get(name)) for name in names),
        ]
        for point, rate in zip(points, rates, strict=True)
    ]
    yield tabulate(rows, headers=["iteration", "started", *names], disable_numparse=True,
                   colalign=("left", "left", *["right"] * len(names)))  # fmt: skip
    if rejudged := sum(point.rejudged for point in points):
        yield f"{rejudged} trials judged anew, as rules have changed since"
    if len(points) > 1:
        yield ""
        yield plot({name: [rate.get(name) for rate in rates] for name in names})


def plot(series: Mapping[str, Sequence[float | None]]) -> str:
    """Lines of rates over iterations, as text without colours."""
    import plotext

    plotext.clear_figure()
    for name, values in series.items():
        known = [(number, value) for number, value in enumerate(values, 1) if value is not None]
        if known and name == "all":
            plotext.plot(*zip(*known, strict=True), marker="braille", label="all")
        elif known:
            plotext.scatter(*zip(*known, strict=True), marker=_mark(name), label=name)
    plotext.ylim(0, 1)
    plotext.yticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    most = max(len(values) for values in series.values())
    plotext.xticks(list(range(1, most + 1)))
    plotext.plotsize(WIDTH, HEIGHT)
    text: str = plotext.uncolorize(plotext.build())
    return "\n".join(line.rstrip() for line in text.splitlines())


def _mark(category: str) -> str:
    return {"in_character": "i", "dont_know": "d", "clarify": "c", "off_topic": "o"}.get(
        category, "b"
    )


def day(seconds: float) -> str:
    """Local date and time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def ending(run: Run) -> str:
    """How a run ended, in words."""
    if run.finished is None:
        return "broken off"
    if run.exit_status in (0, 1) and run.gates:
        return "gate PASS" if all(g["passed"] for g in run.gates.values()) else "gate FAIL"
    return STATUS.get(run.exit_status or 0, f"status {run.exit_status}")


def _model(run: Run) -> str:
    model: Any = run.about.get("model", "")
    return str(model["name"] if isinstance(model, dict) else model)


def _adapter(adapter: Any) -> str:
    if not isinstance(adapter, dict):
        return f" ({str(adapter)[:8]})"
    parts = [adapter["fingerprint"][:8]]
    if adapter.get("examples"):
        parts += [f"{adapter['examples']} examples", f"data {adapter['data'][:8]}"]
    return f" ({', '.join(parts)})"


def _commit(about: Mapping[str, Any]) -> str:
    git = about.get("git")
    return f"{git['commit'][:9]}{' + changes' if git['changed'] else ''}" if git else ""
