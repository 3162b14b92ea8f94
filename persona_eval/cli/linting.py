"""The suites of a project, as far as they can be read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from persona_eval.cli.own_scorers import conftest_scorers
from persona_eval.errors import Problem, ProblemsError
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Suite


def suite_files(root: Path) -> list[Path]:
    """All suites of a folder, in order."""
    return sorted(root.rglob("*.suite.yaml"))


def readable(paths: Iterable[Path]) -> tuple[list[Suite], list[Problem]]:
    """The suites that can be read, and what is wrong with the others."""
    suites, problems = list[Suite](), list[Problem]()
    for path in paths:
        try:
            suites.append(load_suite(path, default_registry(conftest_scorers(path.parent))))
        except ProblemsError as error:
            problems += error.problems
    return suites, problems
