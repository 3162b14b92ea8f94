"""A run as Markdown for GitHub: a comment on a pull request, or the summary of a workflow's step.

The most important comes first, and what does not fit is counted at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from persona_eval.compare import Comparison
from persona_eval.outcome import AdapterOutcome, GateOutcome, Outcome
from persona_eval.reports.comparison import UNPAIRED, change_text, points, span
from persona_eval.reports.gfm import cell, code, details, link, table
from persona_eval.reports.github import ActionsRun
from persona_eval.reports.markdown_cases import error_entries, failing_entries, flip_entries
from persona_eval.reports.matrix import LEGEND, LUCK, matrix_of
from persona_eval.reports.terminal import percent, total_work
from persona_eval.results import by_category, summarise

LIMIT = 65_536
"""Letters of a comment on GitHub."""
ROOM = 60_000
"""Bytes of a report: never more than letters, and whoever posts it may add a line."""
NOTE = 1_000
"""Bytes kept for what is said at the end."""
MOST = 25
"""Entries of a list."""
LISTED = 8
SIGNS = {"PASS": "✅", "FAIL": "❌", "ERROR": "⚠️"}


def markdown_report(
    outcome: Outcome, facts: Mapping[str, Any] | None, status: int, run: ActionsRun | None = None
) -> str:
    """What ``--persona-markdown`` writes. ``run`` is that of GitHub Actions, for the links."""
    page = _Page(_heading(outcome))
    page.add(_context(outcome, facts, run))
    page.all("gates", [_gate(gate, named=len(outcome.gates) > 1) for gate in outcome.gates])
    if not outcome.records:
        page.add("Every case was skipped, so that nothing was judged.")
    page.entries("could not be judged", error_entries(outcome))
    compared = _compared(outcome)
    for number, adapter in enumerate(outcome.adapters):
        page.add(_results(adapter, len(outcome.adapters) > 1, None if number else compared))
    page.add(_matrix(outcome))
    if compared:
        page.add(_comparison(outcome, compared))
        page.entries("broken", flip_entries(outcome, compared, "broken"))
    page.entries("failing", failing_entries(outcome, compared))
    if compared:
        page.entries("fixed", flip_entries(outcome, compared, "fixed"), folded=True)
    return page.text(_ending(outcome, status))


class _Page:
    """Parts, one below the other, as long as there is room."""

    def __init__(self, heading: str):
        self._parts: list[str] = []
        self._room = ROOM - NOTE
        self._left_out: list[str] = []
        self.add(heading)

    def add(self, part: str) -> bool:
        """Whether there was room for it."""
        size = len(part.encode("utf-8", "backslashreplace")) + 2
        if not part or size > self._room:
            return False
        self._room -= size
        self._parts.append(part)
        return True

    def all(self, name: str, parts: Sequence[str]) -> None:
        """As many of these as there is room for."""
        if missing := len(parts) - sum([self.add(part) for part in parts]):
            self._left_out.append(f"{missing} of {len(parts)} {name}")

    def entries(self, name: str, entries: Sequence[str], folded: bool = False) -> None:
        """A list of cases, as far as there is room for it."""
        shown: list[str] = []
        room = self._room - NOTE
        for entry in entries[:MOST]:
            room -= len(entry.encode("utf-8", "backslashreplace")) + 2
            if room < 0:
                break
            shown.append(entry)
        title = f"{name.capitalize()} ({len(entries)})"
        body = "\n\n".join(shown)
        if shown:
            self.add(details(title, body) if folded else f"### {title}\n\n{body}")
        if missing := len(entries) - len(shown):
            self._left_out.append(f"{missing} of {len(entries)} {name}")

    def text(self, ending: Sequence[str]) -> str:
        """The whole, with what was left out."""
        if self._left_out:
            told = ", ".join(self._left_out)
            ending = [*ending, f"Left out here: {told}. The other reports of the run hold them."]
        return "\n\n".join([*self._parts, *ending]) + "\n"


def _heading(outcome: Outcome) -> str:
    word = _word(outcome)
    personas = dict.fromkeys(record["persona"] for record in outcome.records)
    names = ", ".join(code(name, 60) for name in list(personas)[:LISTED])
    return f"## {SIGNS[word]} persona-eval: gate {word}{f' · {names}' if names else ''}"


def _word(outcome: Outcome) -> str:
    if outcome.errors:
        return "ERROR"
    return "PASS" if outcome.passed else "FAIL"


def _context(outcome: Outcome, facts: Mapping[str, Any] | None, run: ActionsRun | None) -> str:
    records, work = outcome.records, total_work(outcome.records)
    noun = "adapter" if len(outcome.adapters) == 1 else "adapters"
    adapters = ", ".join(code(adapter.adapter, 60) for adapter in outcome.adapters[:LISTED])
    models = dict.fromkeys((r["model"], r["engine"]) for r in records if r["model"])
    parts = [
        *([f"{noun} {adapters}"] if adapters else []),
        *(f"{code(model, 100)} ({code(engine, 60)})" for model, engine in models),
        f"{work.generated} replies in {work.seconds:.0f} s, {work.stored} from the store",
        *_commit(facts, run),
        *([link("this run", run.url)] if run else []),
    ]
    return " · ".join(parts)


def _commit(facts: Mapping[str, Any] | None, run: ActionsRun | None) -> Iterator[str]:
    git = facts["about"].get("git") if facts else None
    if git:
        url = run.commit_url(git["commit"]) if run else None
        changed = " with changes" if git["changed"] else ""
        yield f"commit {link(code(git['commit'][:9]), url)}{changed}"


def _gate(gate: GateOutcome, named: bool) -> str:
    """What closes it, what to know, and what to do."""
    word = "ERROR" if gate.errors else "PASS" if gate.decision.passed else "FAIL"
    name = f" {code(gate.persona, 60)} ({code(gate.folder, 60)})" if named else ""
    cases = gate.passed + sum(gate.excused.values())
    tally = "" if gate.decision.reasons else f": {gate.passed} of {cases} cases passed"
    lines = [f"- {code(reason)}" for reason in gate.decision.reasons]
    lines += [f"- note: {note}" for note in _notes(gate)]
    lines += [f"- next: {gate.decision.next}"] if gate.decision.next else []
    head = f"**gate {word}**{name}{tally}"
    return "\n".join([head, "", *lines]) if lines else head


def _notes(gate: GateOutcome) -> Iterator[str]:
    if gate.excused:
        kinds = ", ".join(f"{n} × {code(kind)}" for kind, n in sorted(gate.excused.items()))
        yield f"failing cases that do not count: {kinds}"
    if gate.comparison is None and gate.engines:
        has = code(", ".join(gate.engines))
        yield f"not compared: the baseline has no section for {code(gate.engine)}, only for {has}"
    if gate.left_out:
        yield f"cases that were not run: {gate.left_out}. The rates are those of the others"
    if gate.others:
        yield f"not looked at: {code(', '.join(gate.others))}"
    yield from map(code, gate.decision.notes)


def _compared(outcome: Outcome) -> Comparison | None:
    """The pairs of all gates as one comparison."""
    found = [gate.comparison for gate in outcome.gates if gate.comparison]
    if not found:
        return None
    pairs = chain.from_iterable(comparison.pairs for comparison in found)
    return Comparison(found[0].before, found[0].after, tuple(pairs))


def _results(adapter: AdapterOutcome, named: bool, compared: Comparison | None) -> str:
    """The table by category."""
    if not adapter.results:
        return ""
    summaries = [*by_category(adapter.results), summarise("all", adapter.results)]
    columns: dict[str, list[str]] = {
        "category": [s.category for s in summaries],
        "cases": [str(s.cases) for s in summaries],
        "trials": [str(s.trials) for s in summaries],
        "passed": [f"{s.rate:.0%}" for s in summaries],
        "95 %": [f"{s.interval[0] * 100:.0f}–{s.interval[1] * 100:.0f}" for s in summaries],
        "copied": [percent(s.copied) for s in summaries],
        "balanced": [percent(s.balanced) for s in summaries[:-1]] + [""],
        "prefers": [percent(s.prefers) for s in summaries],
        "failed": [str(s.failed) for s in summaries],
    }
    changes = (
        {c.category: c for c in [*compared.categories, compared.whole] if c} if compared else {}
    )
    found = [changes.get(s.category) for s in summaries]
    columns["vs baseline"] = [points(c.difference) if c else "" for c in found]
    columns["difference, 95 %"] = [span(c.interval) if c else "" for c in found]
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    text = table(shown, zip(*shown.values(), strict=True))
    return f"adapter {code(adapter.adapter, 60)}\n\n{text}" if named else text


def _matrix(outcome: Outcome) -> str:
    """Cases × adapters, folded as it may be long; nothing for one adapter."""
    found = matrix_of(outcome.adapters)
    if found is None:
        return ""
    keys = found.wanted[:MOST]
    rows = [
        *found.shares(),
        ["cases passed", *found.passing()],
        *([cell(code(key, 100)), *(c.cell(key) for c in found.columns)] for key in keys),
    ]
    counted = found.counted()
    said = [f"{counted[:1].upper()}{counted[1:]}."]
    if more := len(found.wanted) - len(keys):
        said.append(f"{more} more of them are not shown here.")
    if best := found.best():
        said.append(f"Most over all: {code(best[0])} ({best[1]}). {LUCK}.")
    body = [
        table(["category, case", *(cell(code(head, 60)) for head in found.heads)], rows),
        " ".join(said),
    ]
    return details(f"Cases and adapters: {LEGEND}", "\n\n".join(body))


def _comparison(outcome: Outcome, compared: Comparison) -> str:
    """The change over all, and what could not be compared."""
    accepted = [gate.baseline for gate in outcome.gates if gate.baseline]
    names = ", ".join(
        f"{b['accepted']} ({code(b['adapter']['name'], 60)})" for b in accepted[:LISTED]
    )
    whole = change_text(compared.whole) if compared.whole else "no case is the same on both sides"
    lines = [f"Against the baseline of {names}: {whole}"]
    for status in UNPAIRED:
        if pairs := compared.of_status(status):
            keys = ", ".join(code(pair.key, 100) for pair in pairs[:LISTED])
            more = f" and {len(pairs) - LISTED} more" if len(pairs) > LISTED else ""
            lines.append(f"- {status}, not compared: {keys}{more}")
    return "\n".join([lines[0], "", *lines[1:]]) if len(lines) > 1 else lines[0]


def _ending(outcome: Outcome, status: int) -> list[str]:
    """Where pytest's own word is another one than the gate's."""
    if status == 1 and outcome.passed and not outcome.errors:
        return ["pytest ended with status 1: another test failed."]
    return []
