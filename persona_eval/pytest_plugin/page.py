"""The page of a run that has only just ended: from the store, as it was judged, and with the
comparison that its gate has made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

from persona_eval.compare import Comparison
from persona_eval.history import Run
from persona_eval.outcome import GateOutcome, Outcome
from persona_eval.pytest_plugin.collect import registry
from persona_eval.reports.html.content import Against, Content, Unstored, adapters_of
from persona_eval.reports.html.page import page
from persona_eval.reports.iterations import iterations_as_judged
from persona_eval.scorers.base import Tools
from persona_eval.sides import BASELINE, Project
from persona_eval.store import Store

if TYPE_CHECKING:
    import pytest

    from persona_eval.pytest_plugin.written import Ended

LAST = 20
"""Runs that the trend looks back on."""


def page_of(ended: Ended) -> str:
    """The page of a run."""
    errors = tuple(_errors(ended.outcome))
    if ended.facts is None:
        return page(
            Content(_unstored(ended.status), (), Against(None, "nothing was judged"), (), errors)
        )
    store = Store(Path(ended.facts["store"]))
    try:
        return page(_content(ended, ended.facts, store, errors))
    finally:
        store.close()


def _content(
    ended: Ended, facts: Mapping[str, Any], store: Store, errors: tuple[Unstored, ...]
) -> Content:
    project = Project(ended.config.rootpath, store, Tools(), lambda _: registry(ended.config))
    run, candidate = project.runs.get(facts["run"]), facts["candidate"]
    names = sorted(run.adapters, key=lambda name: name != candidate)
    adapters = tuple(adapters_of(project, run, names, as_judged=True))
    trend = tuple(iterations_as_judged(project, run, candidate, LAST))
    return Content(
        run, adapters, _against(ended.config, ended.outcome.gates, candidate), trend, errors
    )


def _against(config: pytest.Config, gates: tuple[GateOutcome, ...], candidate: str) -> Against:
    if config.getoption("persona_no_baseline"):
        return Against(None, "no comparison was asked for")
    compared = [gate for gate in gates if gate.comparison and gate.baseline]
    if not compared:
        engines = ", ".join(dict.fromkeys(gate.engine for gate in gates))
        return Against(None, f"there is no baseline for {engines}: persona-eval accept makes one")
    pairs = tuple(p for gate in compared if gate.comparison for p in gate.comparison.pairs)
    accepted = (f"{b['accepted']} ({b['adapter']['name']})" for g in compared if (b := g.baseline))
    words = " and ".join(dict.fromkeys(accepted))
    return Against(Comparison(BASELINE, candidate, pairs), f"the baseline of {words}")


def _errors(outcome: Outcome) -> Iterator[Unstored]:
    for adapter in outcome.adapters:
        for record in adapter.errors:
            yield Unstored(record["case"], adapter.adapter, record["error"])


def _unstored(status: int) -> Run:
    """What stands for a run in which no case came so far that there was a reply."""
    decision = {"passed": False, "reasons": ["no case was judged"]}
    return Run(0, time(), time(), status, {}, {"": decision})
