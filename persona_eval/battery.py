"""Do a suite's cases catch spoilt copies of replies that pass them?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from persona_eval.counterfeits import Counterfeit, counterfeits
from persona_eval.judging import example_exchange, guarded, judged_by_examples, plan
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.tools import prepare
from persona_eval.suite.models import Case, Suite

PASSING = 5
"""Replies of a case that are spoilt, at most: its good examples first."""


@dataclass(frozen=True)
class Caught:
    """What became of a case's counterfeits."""

    case: Case
    tried: tuple[Counterfeit, ...]
    slipped: tuple[Counterfeit, ...]
    """Those that pass the case."""


def battery(
    suite: Suite, registry: Registry, tools: Tools, passing: Mapping[str, Sequence[str]]
) -> list[Caught]:
    """Spoil the good examples of each case, and stored replies (``passing``, by case id) that
    pass it, and judge them as the case does. Cases without such replies are left out."""
    cases = [_Case(suite, case, registry, passing.get(case.id, ())) for case in suite.cases]
    prepare(tools, (pair for each in cases for pair in each.pairs()))
    found = (each.caught(tools) for each in cases)
    return [caught for caught in found if caught.tried]


class _Case:
    """A case with the replies that are spoilt."""

    def __init__(self, suite: Suite, case: Case, registry: Registry, passing: Sequence[str]):
        self.suite, self.case = suite, case
        self.judges = judged_by_examples(case, plan(case, suite.persona, registry))
        replies = list(dict.fromkeys([*case.good, *passing]))[:PASSING]
        self.spoilt = {reply: tuple(counterfeits(case, suite.persona, reply)) for reply in replies}

    def pairs(self) -> Iterator[tuple[Scorer, Exchange]]:
        """What will be judged."""
        for reply, copies in self.spoilt.items():
            for text in (reply, *(copy.text for copy in copies)):
                exchange = self._exchange(text, Tools())
                yield from ((entry.scorer, exchange) for entry in self.judges)

    def caught(self, tools: Tools) -> Caught:
        """Copies of replies that do not pass themselves prove nothing."""
        verdicts = {
            copy: self._passes(copy.text, tools)
            for reply, copies in self.spoilt.items()
            if self._passes(reply, tools)
            for copy in copies
        }
        tried = tuple(copy for copy, passed in verdicts.items() if passed is not None)
        return Caught(self.case, tried, tuple(copy for copy in tried if verdicts[copy]))

    def _exchange(self, reply: str, tools: Tools) -> Exchange:
        return example_exchange(self.case, self.suite.persona, reply, tools)

    def _passes(self, reply: str, tools: Tools) -> bool | None:
        """None where a scorer crashed: that is neither caught nor let through."""
        exchange = self._exchange(reply, tools)
        scores = [guarded(entry.scorer, entry.title, exchange) for entry in self.judges]
        judged = [score for score in scores if isinstance(score, Score)]
        if len(judged) < len(scores):
            return None
        return not any(score.passed is False for score in judged)
