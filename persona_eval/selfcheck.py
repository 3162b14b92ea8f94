"""The suite's own examples, scored without a language model: they test the cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from persona_eval.judging import Planned, example_exchange, guarded, judged_by_examples, plan
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.composite import is_calibrated
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.tools import prepare
from persona_eval.scorers.wording import quote
from persona_eval.suite.models import Case, Suite

Kind = Literal["error", "unsure"]


@dataclass(frozen=True)
class Finding:
    """An example that a case's own expectations misjudge."""

    path: Path
    line: int
    case_id: str
    kind: Kind
    """`error`: the case contradicts itself. `unsure`: a statistical scorer gets it wrong."""
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.case_id}: {self.kind}: {self.message}"


def check_examples(
    suite: Suite, registry: Registry, tools: Tools, exact_only: bool = False
) -> list[Finding]:
    """Score each `good` and `bad` example as the reply of its case's judged turn.

    ``exact_only`` leaves calibrated expectations out, and needs no embedder.
    """
    cases = (case for case in suite.cases if case.good or case.bad)
    examples = [_Examples(suite, case, registry, exact_only) for case in cases]
    prepare(tools, (pair for each in examples for pair in each.pairs()))
    return [
        Finding(suite.path, each.case.line, each.case.id, kind, message)
        for each in examples
        for kind, message in each.misjudged(tools)
    ]


class _Examples:
    """The examples of one case, and what judges them."""

    def __init__(self, suite: Suite, case: Case, registry: Registry, exact_only: bool):
        self.suite, self.case = suite, case
        judges = judged_by_examples(case, plan(case, suite.persona, registry))
        self.judges = [e for e in judges if not (exact_only and is_calibrated(e.scorer))]
        self.complete = len(self.judges) == len(judges)

    def pairs(self) -> Iterator[tuple[Scorer, Exchange]]:
        """What will be judged."""
        for text in (*self.case.good, *self.case.bad):
            exchange = self._exchange(text, Tools())
            yield from ((entry.scorer, exchange) for entry in self.judges)

    def misjudged(self, tools: Tools) -> Iterator[tuple[Kind, str]]:
        for text in self.case.good:
            for entry, score in self._scores(text, tools):
                yield from _of_good(text, entry, score)
        for text in self.case.bad:
            yield from self._of_bad(text, self._scores(text, tools))

    def _exchange(self, reply: str, tools: Tools) -> Exchange:
        return example_exchange(self.case, self.suite.persona, reply, tools)

    def _scores(self, reply: str, tools: Tools) -> list[tuple[Planned, Score | str]]:
        exchange = self._exchange(reply, tools)
        return [(e, guarded(e.scorer, e.title, exchange)) for e in self.judges]

    def _of_bad(
        self, text: str, scores: Sequence[tuple[Planned, Score | str]]
    ) -> Iterator[tuple[Kind, str]]:
        crashes = [score for _, score in scores if isinstance(score, str)]
        yield from (("error", f"bad example {quote(text)}: {crash}") for crash in crashes)
        judged = [(entry, score) for entry, score in scores if isinstance(score, Score)]
        if crashes or not self.complete or any(score.passed is False for _, score in judged):
            return
        message = f"bad example {quote(text)} fails nothing"
        if any(_unsure(entry, score) or score.passed is None for entry, score in judged):
            yield "unsure", f"{message}: the calibrated expectations do not see what is wrong"
        else:
            yield "error", f"{message}: add an expectation that it fails, or take it out"


def _of_good(text: str, entry: Planned, score: Score | str) -> Iterator[tuple[Kind, str]]:
    if isinstance(score, str):
        yield "error", f"good example {quote(text)}: {score}"
    elif score.passed is False:
        kind: Kind = "unsure" if _unsure(entry, score) else "error"
        yield kind, f"good example {quote(text)} fails `{entry.title}`: {score.reason}"


def _unsure(entry: Planned, score: Score) -> bool:
    return score.statistical or is_calibrated(entry.scorer)
