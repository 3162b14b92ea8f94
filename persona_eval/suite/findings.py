"""Gathers what is wrong with one file, so that all of it can be said at once."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from persona_eval.errors import Problem, SuiteError
from persona_eval.suite.complaints import complaints
from persona_eval.suite.yaml import Document, KeyPath


class Findings:
    """Problems of a document, each of them once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._problems: dict[Problem, None] = dict.fromkeys(document.problems)

    def add(self, keys: KeyPath, message: str) -> None:
        """Note a problem at a place of the document."""
        self._problems[self.document.problem(keys, message)] = None

    def extend(self, problems: Iterable[Problem]) -> None:
        """Note the problems of another file."""
        self._problems.update(dict.fromkeys(problems))

    def check(self, model: type[BaseModel]) -> set[KeyPath]:
        """Hold the document against a model, and return the key paths that it refuses."""
        wrong = dict(complaints(model, self.document.data))
        known = {problem.key for problem in self.document.problems}
        for keys, message in wrong.items():
            if self.document.problem(keys, "").key not in known:
                self.add(keys, message)
        return set(wrong)

    def stop(self) -> None:
        """Raise SuiteError with all that was found, if anything was."""
        if self._problems:
            raise SuiteError(self._problems)


def start(document: Document, what: str) -> Findings:
    """Findings of a document. Raises SuiteError when it is empty or no mapping."""
    if not isinstance(document.data, dict) or not document.data:
        state = "is empty" if not document.data else "is not a mapping (`key: value`)"
        raise SuiteError([*document.problems, document.problem((), f"{state}: {what}")])
    return Findings(document)
