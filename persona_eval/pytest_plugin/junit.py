"""What a JUnit report holds beside pytest's own: transcripts of all cases, and rates of the whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from _pytest.junitxml import LogXML, bin_xml_escape, xml_key

from persona_eval.pytest_plugin import xdist

if TYPE_CHECKING:
    from persona_eval.gate import CaseVerdict
    from persona_eval.outcome import Outcome
    from persona_eval.pytest_plugin.collect import CaseItem
    from persona_eval.results import CaseResult


class Transcripts:
    """Adds them where reports arrive."""

    def __init__(self, config: pytest.Config):
        self.config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        record, xml = getattr(report, "persona", None), _report(self.config)
        if xml and record and record["trials"] and (xml.log_passing_tests or not report.passed):
            from persona_eval.reports.failure import transcript_text

            element = ElementTree.Element("system-out")
            element.text = bin_xml_escape(transcript_text(record["trials"]))
            xml.node_reporter(report).append(element)


def add_properties(config: pytest.Config, outcome: Outcome) -> None:
    """Properties of the whole: verdict, and rate and interval by adapter and category."""
    if xml := _report(config):
        for name, value in _properties(outcome):
            xml.add_global_property(name, value)


def identity(item: CaseItem, model: str) -> list[tuple[str, object]]:
    """Properties of a case before anything is known of its replies."""
    return [("model", model), ("adapter", item.adapter), ("category", item.case.category)]


def figures(result: CaseResult, verdict: CaseVerdict) -> list[tuple[str, object]]:
    """Properties of a case that was judged. Its interval is that of its trials alone."""
    from persona_eval.statistics.rates import wilson

    rate = float(result.rate)
    copied = [] if result.copied is None else [("copied", round(result.copied, 4))]
    return [
        ("trials", result.trials),
        ("rate", round(rate, 4)),
        ("interval", _interval(wilson(min(rate, 1.0) * result.trials, result.trials))),
        ("label", result.label),
        ("gate", verdict.reason or "passes"),
        *copied,
    ]


def _properties(outcome: Outcome) -> Iterator[tuple[str, str]]:
    from persona_eval.results import by_category, summarise

    word = "error" if outcome.errors else "pass" if outcome.passed else "fail"
    yield "persona.gate", word
    for adapter in outcome.adapters:
        whole = [summarise("all", adapter.results)] if adapter.results else []
        for summary in [*by_category(adapter.results), *whole]:
            name = f"persona.{adapter.adapter}.{summary.category}"
            yield f"{name}.rate", str(round(summary.rate, 4))
            yield f"{name}.interval", _interval(summary.interval)


def _interval(interval: tuple[float, float]) -> str:
    """As JSON reads it."""
    return json.dumps([round(end, 4) for end in interval])


def _report(config: pytest.Config) -> LogXML | None:
    """The report that is being written in this process."""
    return None if xdist.worker(config) else config.stash.get(xml_key, None)
