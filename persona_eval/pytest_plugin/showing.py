"""How a case shows on the terminal: ``-v`` tells its trials, ``-q`` leaves it to the closing block,
and what fails is coloured where there is a terminal."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest
from _pytest._code.code import ReprExceptionInfo
from _pytest._io import TerminalWriter

DEFAULT_REPORTS = "fE"
"""What pytest lists at the end unless ``-r`` says otherwise."""


class Conversation(ReprExceptionInfo):
    """A failing case in words, coloured by lines."""

    def toterminal(self, tw: TerminalWriter) -> None:
        from persona_eval.reports.tones import tone

        for entry in self.reprtraceback.reprentries:
            for line in "".join(entry.lines).splitlines():
                tw.line(line, **tone(line))


class Shown:
    """Where reports arrive: in the only process, or on the controller of xdist."""

    def __init__(self, config: pytest.Config):
        self.config = config

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        record = getattr(report, "persona", None)
        if record is None or hasattr(self.config, "workerinput"):
            return
        if isinstance(report.longrepr, ReprExceptionInfo) and record["result"]:
            report.longrepr = Conversation(report.longrepr.reprtraceback, report.longrepr.reprcrash)
        if self.config.get_verbosity(pytest.Config.VERBOSITY_TEST_CASES) > 0:
            self._tell(record)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: Any) -> Generator[None, object, object]:
        """Quietly, failing replies are counted and not told."""
        failed = terminalreporter.stats.get("failed", [])
        self._show_uncompared(terminalreporter)
        if quiet(self.config):
            terminalreporter.stats["failed"] = [r for r in failed if not _judged(r)]
        try:
            return (yield)
        finally:
            if quiet(self.config):
                terminalreporter.stats["failed"] = failed

    def _show_uncompared(self, terminal: Any) -> None:
        """What fails and is not in the baseline closes no gate, but nobody has read it yet."""
        options = self.config.option
        if quiet(self.config) or options.tbstyle == "no" or options.xfail_tb:
            return
        reports = [r for r in terminal.stats.get("xfailed", []) if _uncompared(r)]
        if reports:
            terminal.section("FAILING, NOT IN THE BASELINE", sep="=")
        for report in reports:
            terminal.write_sep("_", report.head_line)
            report.toterminal(terminal._tw)

    def _tell(self, record: dict[str, Any]) -> None:
        """A line a trial, below the case's own."""
        from persona_eval.reports.tones import tone
        from persona_eval.reports.transcript import trial_lines

        terminal: Any = self.config.pluginmanager.get_plugin("terminalreporter")
        for line in trial_lines(record["trials"]) if terminal else ():
            terminal.write_line(line, **tone(line))


def quiet(config: pytest.Config) -> bool:
    """Whether ``-q`` was given, and no option that asks for failures after all."""
    asked = config.option.tbstyle != "auto" or config.option.reportchars != DEFAULT_REPORTS
    return config.get_verbosity() < 0 and not asked


def _uncompared(report: pytest.TestReport) -> bool:
    """Whether it is a failing case that the baseline does not know."""
    return bool((getattr(report, "persona", None) or {}).get("uncompared"))


def _judged(report: pytest.TestReport) -> bool:
    """Whether it is a case that failed by its replies."""
    return bool((getattr(report, "persona", None) or {}).get("result"))
