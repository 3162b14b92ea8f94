"""The top of the page: how the run ended, in words, and what one must know of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from persona_eval.compare import Change
from persona_eval.history import Run
from persona_eval.reports.comparison import p_text, points, span
from persona_eval.reports.html.cases import CaseView
from persona_eval.reports.html.content import Content
from persona_eval.reports.html.texts import shown
from persona_eval.reports.runs import day, ending
from persona_eval.results import summarise

WORDS = {
    "gate PASS": ("open", "Gate: PASS", ""),
    "gate FAIL": ("closed", "Gate: FAIL", "This should not ship as it is."),
    "error": ("error", "Not judged", "Something could not be judged: neither a pass nor a fail."),
    "interrupted": ("error", "Interrupted", "The run was stopped before its end; it has no verdict."),
    "broken off": ("error", "Broken off", "The run did not come to its end; it has no verdict."),
}  # fmt: skip


@dataclass(frozen=True)
class Figure:
    """One number that matters."""

    value: str
    name: str
    aside: str = ""


@dataclass(frozen=True)
class Headline:
    """What stands at the top."""

    title: str
    tone: str
    """``open``, ``closed`` or ``error``: how it is coloured."""
    verdict: str
    lead: str
    personas: str
    run: str
    reasons: tuple[tuple[tuple[str, str], ...], ...]
    """Why the gate fails: sentences in parts, each with a link where it names a case."""
    next: tuple[str, ...]
    remarks: tuple[str, ...]
    """What to know before reading the figures."""
    figures: tuple[Figure, ...]
    facts: tuple[tuple[str, str], ...]
    errors: tuple[tuple[str, str, str], ...]
    """Case, message and link, where there is one to follow."""


def headline(content: Content, cases: Sequence[CaseView]) -> Headline:
    """The headline of a run."""
    run = content.run
    tone, verdict, lead = WORDS.get(ending(run), ("error", ending(run).capitalize(), ""))
    personas = ", ".join(dict.fromkeys(c.speaker for c in cases if c.speaker != "reply"))
    gates = run.gates or {}
    return Headline(
        title=" · ".join(filter(None, [verdict, personas, _named(run)])),
        tone=tone,
        verdict=verdict,
        lead=lead or _excused(cases),
        personas=personas,
        run=f"{_named(run).capitalize()}, {day(run.started)}",
        reasons=tuple(_linked(list(_said(gates, "reasons")), cases)),
        next=tuple(_next(gates)),
        remarks=tuple(_remarks(content)),
        figures=tuple(_figures(content)),
        facts=tuple(_facts(content)),
        errors=tuple(_errors(content, cases)),
    )


def _named(run: Run) -> str:
    return f"run {run.number}" if run.number else "not stored"


def _excused(cases: Sequence[CaseView]) -> str:
    """Why the gate passes, whatever failed."""
    kinds = Counter(
        each.meaning.split(":")[0] for each in cases if each.verdict == "failed" and each.meaning
    )
    if all(each.verdict == "passed" for each in cases):
        return "Every case passed."
    if not kinds:
        return "What failed does not count against it."
    listed = ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common())
    return f"What failed does not count against it: {listed}."


def _said(gates: Mapping[str, Any], key: str) -> Iterator[str]:
    """What the gates said, each character named where there are several."""
    for folder, decision in gates.items():
        name = f"{folder}: " if len(gates) > 1 else ""
        for text in decision.get(key, ()):
            yield shown(f"{name}{text}")


def _linked(
    texts: Sequence[str], cases: Sequence[CaseView]
) -> Iterator[tuple[tuple[str, str], ...]]:
    """Each text in parts. The candidate's cases come first: links lead to those."""
    named: dict[str, CaseView] = {}
    for case in cases:
        named.setdefault(case.key, case)
    if not named:
        yield from (((text, ""),) for text in texts)
        return
    longest_first = sorted(map(regex.escape, named), key=len, reverse=True)
    pattern = regex.compile(f"({'|'.join(longest_first)})")
    for text in texts:
        yield tuple(
            (named[part].name, named[part].href) if part in named else (part, "")
            for part in pattern.split(text)
            if part
        )


def _next(gates: Mapping[str, Any]) -> Iterator[str]:
    yield from dict.fromkeys(shown(d["next"]) for d in gates.values() if d.get("next"))


def _remarks(content: Content) -> Iterator[str]:
    left_out = sum(gate.get("left_out", 0) for gate in (content.run.gates or {}).values())
    if left_out:
        yield f"Not run: {left_out} cases or files. These rates are those of the others."
    judged = [each for adapter in content.adapters for each in adapter.cases]
    anew = sum(len(each.attempts) for each in judged if each.judged == "anew")
    if anew:
        yield (
            f"Trials judged anew: {anew}, as rules have changed since. The gate decided by the rules "
            "of its day."
        )
    if gone := sum(each.judged == "gone" for each in judged):
        yield f"Cases that are gone or ask something else today: {gone}. They stand as they were judged."
    if kept := sum(each.judged == "unanswerable" for each in judged):
        yield f"Cases that only the model could judge anew: {kept}. They stand as they were judged."
    yield from _said(content.run.gates or {}, "notes")
    if content.against.comparison is None:
        yield f"Nothing is compared: {shown(content.against.words)}."


def _figures(content: Content) -> Iterator[Figure]:
    results = content.adapters[0].results if content.adapters else []
    if results:
        whole = summarise("all", results)
        low, high = whole.interval
        yield Figure(f"{whole.rate:.0%}", "of trials pass, case by case", f"95 %: {low * 100:.0f} to {high * 100:.0f}")  # fmt: skip
        passed = whole.cases - whole.failed
        yield Figure(f"{passed} of {whole.cases}", "cases pass")
    comparison = content.against.comparison
    if comparison and comparison.whole:
        change = comparison.whole
        yield Figure(
            points(change.difference),
            f"against {shown(content.against.words)}",
            f"95 %: {span(change.interval)}{_chance(change)}",
        )
    if unjudged := sum(each.result is None for a in content.adapters for each in a.cases):
        yield Figure(str(unjudged), "could not be judged")


def _chance(change: Change) -> str:
    """The p-value of the direction in which it went."""
    if not change.difference:
        return ""
    worse = change.difference < 0
    return f"; p {'worse' if worse else 'better'} {p_text(change.p_worse if worse else change.p_better)}"


def _facts(content: Content) -> Iterator[tuple[str, str]]:
    about = content.run.about
    model = about.get("model")
    if isinstance(model, dict):
        yield "Model", shown(f"{model['name']} ({about.get('engine', '')})")
    for adapter in content.adapters:
        known = about.get("adapters", {}).get(adapter.name)
        yield "Adapter", shown(f"{adapter.name}{_adapter(known)}")
    if git := about.get("git"):
        yield "Commit", git["commit"][:9] + (" and changes" if git["changed"] else "")
    trials = sum(len(each.attempts) for adapter in content.adapters for each in adapter.cases)
    if content.run.finished is not None:
        yield "Took", f"{_span(content.run.finished - content.run.started)}, {trials} trials"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"


def _adapter(known: Any) -> str:
    if not isinstance(known, dict):
        return ""
    examples = f", {known['examples']} examples" if known.get("examples") else ""
    return f" ({known['fingerprint'][:8]}{examples})"


def _errors(content: Content, cases: Sequence[CaseView]) -> Iterator[tuple[str, str, str]]:
    """Cases that could not be judged: those of the store, with a link, and those that never came
    so far."""
    several = len(content.adapters) > 1
    stored = set()
    for case in cases:
        if case.verdict == "error":
            stored.add((case.key, case.adapter))
            yield f"{case.key} ({case.adapter})" if several else case.key, case.error, case.href
    for each in content.errors:
        if (each.key, each.adapter) not in stored:
            yield shown(each.key), shown(each.message), ""
