"""What a page tells, gathered from the store: a run, what it is compared with, and how it came
about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from persona_eval.baseline import Section, read_baseline
from persona_eval.compare import Comparison, Standing
from persona_eval.errors import StoreError
from persona_eval.evidence import Evidence, evidence_of
from persona_eval.history import Run
from persona_eval.pairing import compared
from persona_eval.reports.iterations import iterations
from persona_eval.reports.runs import Point
from persona_eval.results import CaseResult
from persona_eval.sides import BASELINE, Project, Reference, Side

NOTHING = "none"
"""Asks for no comparison."""


@dataclass(frozen=True)
class AdapterCases:
    """The cases of one adapter."""

    name: str
    cases: tuple[Evidence, ...]

    @cached_property
    def results(self) -> list[CaseResult]:
        return [result for each in self.cases if (result := each.result)]

    @cached_property
    def standings(self) -> dict[str, Standing]:
        return {each.facts.key: found for each in self.cases if (found := each.standing)}


@dataclass(frozen=True)
class Against:
    """What the first adapter is compared with; ``comparison`` is None where it is with nothing."""

    comparison: Comparison | None
    words: str
    """What that is, or why there is nothing."""


@dataclass(frozen=True)
class Unstored:
    """A case that could not be judged, as the session tells it: it may have failed before there was
    a reply to store."""

    key: str
    adapter: str
    message: str


@dataclass(frozen=True)
class Content:
    """All that a page is made of."""

    run: Run
    adapters: tuple[AdapterCases, ...]
    """The candidate first."""
    against: Against
    trend: tuple[Point, ...] = ()
    errors: tuple[Unstored, ...] = ()


def gather(project: Project, run: Run, names: Sequence[str], against: str, last: int) -> Content:
    """The content for some adapters of a run, all judged by today's rules. ``against`` names a
    side, ``baseline`` or ``none``; ``last`` is how many runs the trend looks back on. Raises
    PersonaEvalError where nothing is stored of it."""
    adapters = tuple(adapters_of(project, run, names))
    if not adapters:
        raise StoreError(
            f"run {run.number} holds no case: it was broken off at once, or stored by an older "
            "version. Run the suites again"
        )
    trend = tuple(iterations(project, run, adapters[0].name, last))
    return Content(run, adapters, _against(project, run, adapters[0], against), trend)


def adapters_of(
    project: Project, run: Run, names: Sequence[str], as_judged: bool = False
) -> Iterator[AdapterCases]:
    """The adapters of a run that have cases."""
    for name in names:
        if cases := evidence_of(project, run, name, as_judged):
            yield AdapterCases(name, tuple(cases))


def _against(project: Project, run: Run, adapter: AdapterCases, text: str) -> Against:
    if text == NOTHING:
        return Against(None, "no comparison was asked for")
    if text != BASELINE:
        side = project.side(project.reference(text))
        return Against(_compared(project, run, adapter, side), side.name)
    engine = run.about.get("engine", "")
    sections = list(_sections(project, run, engine))
    if not sections:
        return Against(None, f"there is no baseline for {engine}: persona-eval accept makes one")
    if other := next((s for s in sections if not _same_model(run, s)), None):
        return Against(
            None,
            f"the baseline is of {other.model.name}, and this run of another base model: runs of "
            "two models are not compared",
        )
    words = " and ".join(dict.fromkeys(f"{s.accepted} ({s.adapter.name})" for s in sections))
    side = project.side(Reference(BASELINE, None), engine)
    return Against(_compared(project, run, adapter, side), f"the baseline of {words}")


def _sections(project: Project, run: Run, engine: str) -> Iterator[Section]:
    suites = run.about.get("suites", {}).values()
    for folder in dict.fromkeys((project.root / about["path"]).parent for about in suites):
        baseline = read_baseline(folder) if Path(folder).is_dir() else None
        if baseline and (section := baseline.section(engine)):
            yield section


def _same_model(run: Run, section: Section) -> bool:
    """Whether the base is the same. Runs of an older version wrote down its name alone."""
    model = run.about.get("model")
    known = model.get("fingerprint") if isinstance(model, dict) else None
    return known in (None, section.model.fingerprint)


def _compared(project: Project, run: Run, adapter: AdapterCases, before: Side) -> Comparison:
    """Of the older side, only what was run, and what is gone."""
    found = compared(project, before, Side(adapter.name, adapter.standings, run=run))
    unjudged = {each.facts.key for each in adapter.cases} - adapter.standings.keys()
    pairs = (p for p in found.pairs if p.after or (p.status == "removed" and p.key not in unjudged))
    return replace(found, pairs=tuple(pairs))
