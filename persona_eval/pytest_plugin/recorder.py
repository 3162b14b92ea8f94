"""Collects what the items recorded, and ends the session: exit status and closing block.

Under xdist the records travel with the reports, and this runs on the controller.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from persona_eval.pytest_plugin import junit, written, xdist
from persona_eval.pytest_plugin.options import SUITES_SEEN
from persona_eval.pytest_plugin.showing import quiet
from persona_eval.pytest_plugin.written import Ended

if TYPE_CHECKING:
    from persona_eval.outcome import Outcome

OUTCOME = pytest.StashKey["Outcome"]()
SKIPPED = pytest.StashKey[bool]()
"""Whether a case was skipped."""
RECORDS = pytest.StashKey[list[dict[str, Any]]]()
ENGINE_OR_SCORER_ERROR = 7


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put a case's record on its report, as data that crosses processes. A case that could not
    be set up was not judged, which is an error too."""
    from persona_eval.pytest_plugin.collect import CaseItem
    from persona_eval.pytest_plugin.session import RECORD, record

    if not isinstance(item, CaseItem):
        return
    if call.when == "call" and RECORD in item.stash:
        report.persona = _agreeing(item.stash[RECORD], report)  # type: ignore[attr-defined]
    elif call.when == "setup" and report.failed and call.excinfo:
        error = f"set-up failed: {call.excinfo.exconly()}"
        report.persona = record(item, error)  # type: ignore[attr-defined]
    elif call.when == "setup" and report.skipped:
        report.persona_skipped = True  # type: ignore[attr-defined]


def _agreeing(record: dict[str, Any], report: pytest.TestReport) -> dict[str, Any]:
    """The record with a verdict that tells the same story as pytest, which may count a case as
    failed that does not close the gate (``xfail_strict``, ``--runxfail``)."""
    verdict = record.get("verdict")
    if verdict is None or verdict["fails"] or not report.failed:
        return record
    reason = verdict["reason"] or "passed, but was expected to fail"
    return record | {"verdict": {"fails": True, "reason": reason}}


class Recorder:
    """The records of a session, where reports arrive."""

    def __init__(self, config: pytest.Config):
        self.config = config
        config.stash[RECORDS] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if getattr(report, "persona_skipped", False):
            self.config.stash[SUITES_SEEN] = self.config.stash[SKIPPED] = True
        record = getattr(report, "persona", None)
        if record is not None:
            self.config.stash[SUITES_SEEN] = True
            self.config.stash[RECORDS].append(record)


def finish(session: pytest.Session) -> None:
    """The gate decides between the exit statuses 0 and 1. A scorer or engine that failed makes it
    7: neither a pass nor a fail. To run nothing is what ``--persona-explain`` and
    ``--persona-plan`` are for."""
    config = session.config
    if session.exitstatus == pytest.ExitCode.INTERRUPTED and xdist.stopped_by_failures(session):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        session.shouldfail = "stopped by -x"
    if config.stash.get(xdist.ENDED, False):
        session.exitstatus = pytest.ExitCode.USAGE_ERROR
    elif session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and _asks(config):
        session.exitstatus = pytest.ExitCode.OK
    elif session.exitstatus == pytest.ExitCode.OK and _all_skipped(config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        written.write(Ended(config, _outcome(session), None, int(session.exitstatus)))
    elif session.exitstatus in (0, 1, 2) and config.stash[RECORDS] and not xdist.worker(config):
        outcome = _outcome(session)
        if session.exitstatus != pytest.ExitCode.INTERRUPTED:
            session.exitstatus = _status(session, outcome)
            _report_gates(config, outcome)
        _keep(config, outcome, int(session.exitstatus))


def _status(session: pytest.Session, outcome: Outcome) -> int:
    if outcome.errors:
        return ENGINE_OR_SCORER_ERROR
    return int(session.exitstatus) if outcome.passed else pytest.ExitCode.TESTS_FAILED


def _report_gates(config: pytest.Config, outcome: Outcome) -> None:
    """Report a gate that closes without a failing case as a failure of its own, so that dots and
    JUnit tell what the exit status does."""
    if outcome.errors or any(adapter.failed for adapter in outcome.adapters):
        return
    for gate in outcome.gates:
        if not gate.decision.passed:
            node, why = f"{gate.folder}::gate", "\n".join(gate.decision.reasons)
            for when, result in (("setup", "passed"), ("call", "failed"), ("teardown", "passed")):
                report = pytest.TestReport(
                    node, (gate.folder, None, node), {}, result,  # type: ignore[arg-type]
                    why if result == "failed" else None, when,  # type: ignore[arg-type]
                )  # fmt: skip
                config.hook.pytest_runtest_logreport(report=report)


def _keep(config: pytest.Config, outcome: Outcome, status: int) -> None:
    """Write down how the run ended, in the store and in the files that were asked for."""
    from persona_eval.history import Runs
    from persona_eval.store import Store

    facts = config.stash.get(xdist.FACTS, None)
    if facts:
        store = Store(Path(facts["store"]))
        gates = {
            gate.folder: {**gate.decision.to_json(), "left_out": gate.left_out + len(gate.others)}
            for gate in outcome.gates
        }
        Runs(store).decide(facts["run"], status, gates)
        store.close()
    written.write(Ended(config, outcome, facts, status))
    junit.add_properties(config, outcome)


def _all_skipped(config: pytest.Config) -> bool:
    """Whether there were cases and not one was judged: a run without trials never passes."""
    return config.stash.get(SKIPPED, False) and not config.stash[RECORDS]


def _asks(config: pytest.Config) -> bool:
    return bool(config.getoption("persona_explain") or config.getoption("persona_plan"))


def _outcome(session: pytest.Session) -> Outcome:
    from persona_eval.outcome import outcome_of

    config = session.config
    finished = not (session.shouldfail or session.shouldstop or session.exitstatus == 2)
    facts = config.stash.get(xdist.FACTS, None)
    records = config.stash.get(RECORDS, [])
    outcome = outcome_of(records, facts, finished)
    config.stash[OUTCOME] = outcome
    return outcome


def summarise(terminal: Any, config: pytest.Config) -> None:
    """Write the closing block."""
    from persona_eval.reports.terminal import closing_block
    from persona_eval.reports.tones import tone

    if _all_skipped(config) and not xdist.worker(config):
        terminal.line("gate FAIL: every case was skipped, so that nothing was judged")
    if config.stash[RECORDS] and OUTCOME in config.stash and not xdist.worker(config):
        if config.get_verbosity() > 0:
            _show_copies(terminal, config.stash[OUTCOME])
        terminal.section("persona-eval", sep="=")
        trouble = (f"note {each}" for each in config.stash.get(written.TROUBLE, []))
        listed = "f" in terminal.reportchars and not quiet(config)
        block = closing_block(config.stash[OUTCOME], names_failing=not listed)
        for line in (*block, *_hidden(config), *trouble):
            terminal.line(line, **tone(line))


def _hidden(config: pytest.Config) -> Iterator[str]:
    """How to see what ``-q`` does not show."""
    failed = sum(len(adapter.failed) for adapter in config.stash[OUTCOME].adapters)
    if failed and quiet(config):
        whose = "its conversation" if failed == 1 else "their conversations"
        yield f"to read {whose}: the same command without -q, which generates nothing again"


def _show_copies(terminal: Any, outcome: Outcome) -> None:
    """Which passes repeat training data, where there are some."""
    from persona_eval.reports.copies import copied_passes

    if lines := list(copied_passes(outcome.adapters)):
        terminal.section("passes that repeat training data", sep="=")
        for line in lines:
            terminal.line(line)
