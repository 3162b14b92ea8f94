"""What the suite room must know about expectations without importing the scorers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from persona_eval.suite.models import Case, Expectation


class Vocabulary(Protocol):
    """The expectations that may be written. The scorers' registry is one."""

    def names(self) -> Sequence[str]:
        """Names of all expectations, sorted; `not`, `any_of`, `all_of` are not among them."""

    def problems(self, expectation: Expectation, case: Case) -> Sequence[str]:
        """What is wrong with an expectation's argument, or with using it in this case: one
        sentence each, with what is allowed. Nested expectations are asked about one by one."""

    def schema(self) -> Mapping[str, Any]:
        """JSON Schema of each expectation's argument, by name; ``description`` is hover text,
        and a form of type null says that the bare name is enough."""
