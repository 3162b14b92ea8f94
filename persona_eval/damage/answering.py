"""What is answered to requests outside the character, and how that is judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from persona_eval.errors import ScorerError
from persona_eval.judge import Judge, model_digest
from persona_eval.judging import Judgement
from persona_eval.runner import Runner, WornAdapter
from persona_eval.scorers.base import Tools
from persona_eval.suite.models import Case, Suite
from persona_eval.trials import Trial

TOGETHER = "all of these"
"""All expectations of a case at once."""


@dataclass(frozen=True)
class Answered:
    """What became of a request."""

    replies: tuple[str, ...]
    """One a trial."""
    rates: Mapping[str, Fraction]
    """Share of the trials that meet an expectation, by its title; ``TOGETHER`` for all at once."""
    values: Mapping[str, float]
    """Mean of the figures of those that have one."""


def announce(suite: Suite, runner: Runner, adapter: WornAdapter) -> None:
    """Tell the runner which replies will be asked for, so that they share a batch."""
    cases = ((_name(suite, case), case, suite.persona) for case in suite.cases)
    runner.enqueue(adapter, cases)


def answer(
    suite: Suite, runner: Runner, judge: Judge, tools: Tools, adapter: WornAdapter
) -> dict[str, Answered]:
    """Generate and judge what is not stored yet, by case. Raises EngineError, and ScorerError
    where a scorer crashes: a share that leaves such cases out would be no share."""
    announce(suite, runner, adapter)
    drawn = {case.id: runner.trials(adapter, _name(suite, case)) for case in suite.cases}
    model = model_digest(runner.model.fingerprint, runner.model.engine, adapter.fingerprint)
    found = {}
    for case in suite.cases:
        rules = judge.rules(case, suite.persona, tools, model)
        replies = [[(r.text, r.finish_reason) for r in t.replies] for t in drawn[case.id]]
        found[case.id] = _answered(case.id, drawn[case.id], judge.judge(rules, replies))
    return found


def _name(suite: Suite, case: Case) -> str:
    return f"{suite.path.stem}/{case.id}"


def _answered(case: str, trials: Sequence[Trial], judgements: Sequence[Judgement]) -> Answered:
    if broken := next((judgement.error for judgement in judgements if judgement.error), None):
        raise ScorerError(f"{case}: {broken}")
    verdicts: dict[str, list[bool]] = {TOGETHER: [bool(each.passed) for each in judgements]}
    values: dict[str, list[float]] = {}
    for score in (score for judgement in judgements for score in judgement.scores):
        if score["passed"] is not None:
            verdicts.setdefault(score["expectation"], []).append(score["passed"])
        if isinstance(score["value"], float):
            values.setdefault(score["expectation"], []).append(score["value"])
    return Answered(
        tuple(trial.replies[-1].text for trial in trials),
        {title: Fraction(sum(said), len(said)) for title, said in verdicts.items()},
        {title: sum(given) / len(given) for title, given in values.items()},
    )
