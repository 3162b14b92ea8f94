"""Hooks that persona-eval adds to pytest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from persona_eval.scorers.base import Scorer


@pytest.hookspec
def pytest_persona_scorers(config: pytest.Config) -> Sequence[type[Scorer]] | None:
    """Return scorer classes of your own: they can be written in suites like built-in ones."""
