"""Long conversations as a page shows them: scores over the turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from persona_eval.drift import Drifted, DriftLine
from persona_eval.reports.html.cases import CaseView
from persona_eval.reports.html.charts import turns_chart
from persona_eval.reports.html.content import Content
from persona_eval.reports.html.texts import shown
from persona_eval.reports.steady import NAMES, change_text, found_text


@dataclass(frozen=True)
class DriftView:
    """One kind of probe of a case, with one adapter."""

    name: str
    href: str
    kind: str
    change: str
    found: str
    verdict: str
    """``failed`` where it drops, else ``passed``."""
    chart: Markup
    rows: tuple[tuple[int, str], ...]
    """Turn and score."""


def drift_views(content: Content, cases: Sequence[CaseView]) -> list[DriftView]:
    """All long conversations of the page."""
    links = {(case.key, case.adapter): case.href for case in cases}
    several = len(content.adapters) > 1
    return [
        view
        for adapter in content.adapters
        for evidence in adapter.cases
        for view in _views(
            evidence.result.drift if evidence.result else None,
            f"{evidence.facts.case} ({adapter.name})" if several else evidence.facts.case,
            links[evidence.facts.key, adapter.name],
        )
    ]


def _views(drift: Drifted | None, name: str, href: str) -> Iterator[DriftView]:
    for line in drift.lines if drift else ():
        yield _view(line, name, href)


def _view(line: DriftLine, name: str, href: str) -> DriftView:
    scores = [None if score is None else f"{score:.2f}" for score in line.scores]
    told = ", ".join(f"turn {t}: {s}" for t, s in zip(line.turns, scores, strict=True) if s)
    label = f"{NAMES[line.kind]} of {name}: {told}"
    return DriftView(
        name=shown(name),
        href=href,
        kind=NAMES[line.kind],
        change=change_text(line),
        found=found_text(line),
        verdict="failed" if line.finding == "drops" else "passed",
        chart=turns_chart(line.turns, line.scores, shown(label)),
        rows=tuple((t, s or "–") for t, s in zip(line.turns, scores, strict=True)),
    )
