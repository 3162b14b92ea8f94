"""Collects what the items recorded, and ends the session: exit status and closing block.

Under xdist the records travel with the reports, and this runs on the controller.
"""

from __future__ import annotations

from typing import Any

import pytest

from persona_eval.pytest_plugin import xdist
from persona_eval.pytest_plugin.options import SUITES_SEEN

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
        report.persona = item.stash[RECORD] | {"outcome": report.outcome}  # type: ignore[attr-defined]
    elif call.when == "setup" and report.failed and call.excinfo:
        error = f"set-up failed: {call.excinfo.exconly()}"
        report.persona = record(item, error) | {"outcome": report.outcome}  # type: ignore[attr-defined]


class Recorder:
    """The records of a session, where reports arrive."""

    def __init__(self, config: pytest.Config):
        self.config = config
        config.stash[RECORDS] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        record = getattr(report, "persona", None)
        if record is not None:
            self.config.stash[SUITES_SEEN] = True
            self.config.stash[RECORDS].append(record)


def finish(session: pytest.Session) -> None:
    """A scorer or engine that failed makes the exit status 7: neither a pass nor a fail. To
    run nothing is what ``--persona-explain`` is for."""
    records = session.config.stash.get(RECORDS, [])
    if session.exitstatus in (0, 1) and any(record["error"] for record in records):
        session.exitstatus = ENGINE_OR_SCORER_ERROR
    if session.config.stash.get(xdist.ENDED, False):
        session.exitstatus = pytest.ExitCode.USAGE_ERROR
    explained = session.config.getoption("persona_explain")
    if explained and session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


def summarise(terminal: Any, config: pytest.Config, exitstatus: int) -> None:
    """Write the closing block."""
    from persona_eval.reports.terminal import closing_block

    records = config.stash.get(RECORDS, [])
    if records and not xdist.worker(config):
        terminal.section("persona-eval", sep="=")
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        for line in closing_block(records, interrupted):
            terminal.line(line)
