"""No case fits ``-k``: which was meant?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from persona_eval.pytest_plugin import options


class Unmatched:
    """Remembers the cases that were left out, and names the nearest where none was left."""

    def __init__(self, config: pytest.Config):
        self.config = config
        self._left_out: list[str] = []

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        if options.seen_suites(self.config):
            from persona_eval.pytest_plugin.collect import CaseItem

            self._left_out += [item.case.id for item in items if isinstance(item, CaseItem)]

    def pytest_terminal_summary(self, terminalreporter: Any, exitstatus: int) -> None:
        wanted = self.config.option.keyword
        if exitstatus != pytest.ExitCode.NO_TESTS_COLLECTED or not (wanted and self._left_out):
            return
        from persona_eval.suite.suggest import question

        terminalreporter.line(
            f"persona-eval: no case fits -k {wanted!r}{question(wanted, self._left_out)} "
            "All: the same command with --collect-only -q, without -k"
        )
