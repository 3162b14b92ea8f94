"""A run as one HTML file that asks for nothing from the network and reads without a script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from persona_eval.history import Run
from persona_eval.reports.html.cases import CaseView, case_views
from persona_eval.reports.html.changes import changes
from persona_eval.reports.html.content import Content
from persona_eval.reports.html.drift import drift_views
from persona_eval.reports.html.headline import headline
from persona_eval.reports.html.matrix import matrix_view
from persona_eval.reports.html.payload import packed
from persona_eval.reports.html.shell import asset, environment, policy, write_whole
from persona_eval.reports.html.tables import beside, category_tables, trend_view
from persona_eval.reports.html.texts import shown
from persona_eval.suite.models import CATEGORIES

READABLE = 1000
"""So many trials are also written as plain HTML, for readers without a script: the failing cases
first. All trials of a large run would double its file."""
STATES = (
    "failed", "passed", "error", "flaky", "undecided", "broken", "fixed", "still failing", "new",
    "changed",
)  # fmt: skip


def write_page(content: Content, path: Path) -> None:
    """Write the page, whole or not at all. Raises PersonaEvalError where that cannot be done."""
    write_whole(path, page(content))


def page(content: Content) -> str:
    """The page of a run."""
    cases = case_views(content)
    style, script = asset("style.css"), asset("page.js")
    readable = _readable(cases)
    return environment().get_template("page.html.j2").render(
        run=content.run,
        version=version("persona-eval"),
        policy=policy(style, script),
        style=style,
        script=script,
        top=headline(content, cases),
        changes=changes(content, cases),
        tables=list(category_tables(content)),
        beside=beside(content),
        matrix=matrix_view(content, cases),
        trend=trend_view(content.trend),
        drift=drift_views(content, cases),
        before=_before(content),
        cases=cases,
        packed=packed(cases),
        readable=readable,
        shortened=len(readable) < len(cases),
        states=_states(cases),
        categories=[name for name in CATEGORIES if any(c.category == name for c in cases)],
        adapters=list(dict.fromkeys(case.adapter for case in cases)),
        tags=sorted({tag for case in cases for tag in case.tags}),
        about=list(_about(content.run)),
    )  # fmt: skip


def _before(content: Content) -> str:
    """What the older side is called beside a reply."""
    name = content.against.comparison.before if content.against.comparison else ""
    return shown(name[:1].upper() + name[1:])


def _readable(cases: Sequence[CaseView]) -> set[str]:
    """Anchors of the cases that are written as plain HTML as well."""
    if sum(len(case.trials) for case in cases) <= READABLE:
        return {case.anchor for case in cases}
    chosen: set[str] = set()
    trials = 0
    for case in cases:
        if case.verdict != "passed" and (trials := trials + len(case.trials)) <= READABLE:
            chosen.add(case.anchor)
    return chosen


def _states(cases: Sequence[CaseView]) -> list[str]:
    found = {state for case in cases for state in (case.verdict, case.label, case.change)}
    return [state for state in STATES if state in found]


def _about(run: Run) -> Iterator[tuple[str, str]]:
    about = run.about
    for place in about.get("suites", {}):
        yield "Suite", shown(place)
    if about.get("arguments"):
        yield "Called", shown(f"pytest {' '.join(about['arguments'])}")
    if host := about.get("host"):
        yield "Host", shown(f"{host['system']}, {host['cores']} cores")
    if found := about.get("versions"):
        yield "Versions", shown(", ".join(f"{name} {number}" for name, number in found.items()))
    if about.get("python"):
        yield "Python", shown(about["python"])
