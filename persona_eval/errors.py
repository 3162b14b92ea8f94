"""Every error that persona-eval raises on purpose.

A message says where, what is wrong, what was allowed, and how to mend it. Whatever is not a
``PersonaEvalError`` is a bug, in this package or in somebody's own scorer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


class PersonaEvalError(Exception):
    """Base of all errors below."""


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong in one place of a file.

    ``line`` and ``column`` count from 1; 0 means that the problem is the whole file's.
    """

    path: Path
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}:{self.column}" if self.line else f"{self.path}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ProblemsError(PersonaEvalError):
    """All the problems of one or more files, reported together."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class SuiteError(ProblemsError):
    """A character card or a suite that cannot be used as it is written."""


class DataError(ProblemsError):
    """Training data, a recipe or saved replies that cannot be used as they are written."""


class BaselineError(ProblemsError):
    """A baseline that cannot be read, compared with, or replaced."""


class ModelError(PersonaEvalError):
    """A base model that cannot be found, loaded or trusted."""


class AdapterError(PersonaEvalError):
    """An adapter that is missing, stale, damaged or made for another base."""


class EngineError(PersonaEvalError):
    """Generation broke off: the replies that had finished are kept."""


class TrainingError(PersonaEvalError):
    """Training could not start or had to stop."""


class SweepError(PersonaEvalError):
    """A sweep of settings that cannot be run, or whose result cannot be used."""


class StoreError(PersonaEvalError):
    """The store of replies cannot be opened, read or written."""


class ScorerError(PersonaEvalError):
    """A scorer crashed or returned nonsense: neither a pass nor a fail."""
