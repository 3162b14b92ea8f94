"""A sweep, generated and judged: all points of all cases in one batch, case after case, so that a
prompt is read once for all settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from persona_eval.compare import CONFIRMING, Comparison, Pair, Standing
from persona_eval.errors import EngineError, ScorerError
from persona_eval.gate import CaseVerdict, GateDecision, GateInput, case_verdict, decide, must_pass
from persona_eval.history import CaseFacts
from persona_eval.judge import Judge, Rules, model_digest
from persona_eval.judging import Judgement, ReplyText, asks_for
from persona_eval.likelihoods import StoredLikelihood
from persona_eval.results import CaseResult, Design
from persona_eval.runner import Runner, WornAdapter
from persona_eval.scorers.base import Tools
from persona_eval.standings import (
    accepted_standing,
    design_of,
    facts_of,
    preference_of,
    result_of,
)
from persona_eval.store import Store
from persona_eval.suite.models import Case, Suite
from persona_eval.sweeps.characters import Character, key_of, swept
from persona_eval.sweeps.grid import Grid, Point
from persona_eval.sweeps.outcome import PointOutcome, SweepOutcome
from persona_eval.training.train import training_replies
from persona_eval.trials import Trial

BASE = WornAdapter("base", None, "none")


@dataclass
class _Attempt:
    """One case at one point."""

    name: str
    point: Point
    case: Case
    trials: Sequence[Trial] = ()
    judgements: list[Judgement] = field(default_factory=list)
    extra: tuple[bool, ...] = ()
    """Outcomes of the trials that confirm a flip."""
    error: str | None = None

    @property
    def outcomes(self) -> tuple[bool, ...]:
        return tuple(bool(judgement.passed) for judgement in self.judgements)


@dataclass
class _Work:
    """One case at all points. The rules are those of the case as it is: no scorer looks at the
    settings, so that equal replies are judged once, and together with those of ordinary runs."""

    character: Character
    suite: Suite
    case: Case
    judge: Judge
    rules: Rules
    design: Design
    facts: CaseFacts
    attempts: list[_Attempt]
    compared: bool = False
    """Whether there is a baseline for this kind of engine."""
    before: Standing | None = None
    """As it was accepted, whatever its settings were then."""


class Sweeper:
    """Runs sweeps on one model, one adapter after the other. What is stored is not asked for."""

    def __init__(
        self, runner: Runner, judge_of: Callable[[Path], Judge], store: Store, tools: Tools
    ):
        """``judge_of`` gives the judge that knows the expectations of a folder of suites."""
        self._runner, self._judge_of, self._store, self._tools = runner, judge_of, store, tools
        self._by_name: dict[str, tuple[_Work, _Attempt]] = {}

    def sweep(
        self, grid: Grid, characters: Sequence[Character], adapter: WornAdapter
    ) -> SweepOutcome:
        """The outcome of every point. A case that cannot be generated or judged is an error of
        its points; raises EngineError or ScorerError where that holds for all."""
        works = [
            self._work(grid, each, adapter, *pair) for each in characters for pair in each.cases
        ]
        self._by_name = {a.name: (work, a) for work in works for a in work.attempts}
        try:
            self._generate(works, adapter)
            self._confirm(works, adapter)
        finally:
            self._runner.close()
        _require_some(works)
        engine = self._runner.model.engine
        return SweepOutcome(
            adapter.name,
            self._runner.model.name,
            engine,
            tuple(character.name for character in characters),
            len(works),
            any(character.left_out for character in characters),
            any(c.baseline and c.baseline.section(engine) for c in characters),
            grid,
            tuple(_point(point, works) for point in grid.points),
        )

    def _work(
        self, grid: Grid, character: Character, adapter: WornAdapter, suite: Suite, case: Case
    ) -> _Work:
        model = self._runner.model
        asked = model_digest(model.fingerprint, model.engine, adapter.fingerprint)
        judge = self._judge_of(character.folder)
        rules = judge.rules(case, suite.persona, self._tools_of(case, adapter), asked)
        key = key_of(suite, case)
        attempts = [
            _Attempt(f"{key} {point.label}", point, swept(case, point.changes))
            for point in grid.points
        ]
        design, facts = design_of(case, character.policy), facts_of(suite, case, rules)
        work = _Work(character, suite, case, judge, rules, design, facts, attempts)
        section = character.baseline and character.baseline.section(model.engine)
        work.compared, work.before = bool(section), self._accepted(work)
        return work

    def _tools_of(self, case: Case, adapter: WornAdapter) -> Tools:
        learnt = adapter.folder is not None and asks_for(case, "not_memorised")
        return replace(
            self._tools,
            training_replies=training_replies(adapter.folder)
            if learnt and adapter.folder
            else None,
            likelihood=StoredLikelihood(self._runner, self._store, adapter),
            base_likelihood=StoredLikelihood(self._runner, self._store, BASE),
        )

    def _accepted(self, work: _Work) -> Standing | None:
        baseline, engine = work.character.baseline, self._runner.model.engine
        section = baseline.section(engine) if baseline else None
        name = f"{work.suite.path.name}::{work.case.id}"
        if baseline is None or section is None or name not in section.cases:
            return None
        replies = baseline.replies[engine, name]
        accepted = section.cases[name]
        return accepted_standing(accepted, replies, work.facts, work.design, work.judge, work.rules)

    def _generate(self, works: Sequence[_Work], adapter: WornAdapter) -> None:
        """Announce everything, then take it case by case and judge each while the rest is under
        way."""
        self._runner.enqueue(
            adapter,
            ((a.name, a.case, work.suite.persona) for work in works for a in work.attempts),
            self._more,
        )
        for work in works:
            for attempt in work.attempts:
                self._take(attempt, adapter, attempt.name)
            self._judge_all(work)

    def _take(self, attempt: _Attempt, adapter: WornAdapter, name: str) -> None:
        try:
            attempt.trials = list(self._runner.trials(adapter, name))
        except (EngineError, ScorerError) as error:
            attempt.error = str(error)

    def _more(self, name: str, trials: list[Trial]) -> int:
        """Trials that are drawn in any case are judged later, with those of the other points."""
        work, attempt = self._by_name[name]
        if not trials:
            return work.design.more(())
        if len(trials) >= work.design.most:
            return 0
        attempt.trials = trials
        self._judge_new(work, [attempt])
        return 0 if attempt.error else work.design.more(attempt.outcomes)

    def _judge_all(self, work: _Work) -> None:
        self._judge_new(work, [each for each in work.attempts if not each.error])

    def _judge_new(self, work: _Work, attempts: Sequence[_Attempt]) -> None:
        """All new trials in one go, so that their texts are embedded together."""
        new = [(a, trial) for a in attempts for trial in a.trials[len(a.judgements) :]]
        judged = work.judge.judge(work.rules, [_replies(trial) for _, trial in new])
        for (attempt, _), judgement in zip(new, judged, strict=True):
            attempt.judgements.append(judgement)
            attempt.error = attempt.error or judgement.error

    def _confirm(self, works: Sequence[_Work], adapter: WornAdapter) -> None:
        """Draw more trials of what passed in the baseline and fails now, as a run does."""
        suspects = [
            (work, a)
            for work in works
            for a in work.attempts
            if not a.error and work.before and _pair(work, a).suspect
        ]
        wanted = {f"{a.name} again": len(a.trials) + CONFIRMING for _, a in suspects}
        self._runner.enqueue(
            adapter,
            ((f"{a.name} again", a.case, work.suite.persona) for work, a in suspects),
            lambda name, trials: wanted[name] - len(trials),
        )
        for work, attempt in suspects:
            more = self._runner.trials(adapter, f"{attempt.name} again")[len(attempt.trials) :]
            judged = work.judge.judge(work.rules, [_replies(trial) for trial in more])
            attempt.error = next((each.error for each in judged if each.error), None)
            attempt.extra = tuple(bool(each.passed) for each in judged)


def _replies(trial: Trial) -> list[ReplyText]:
    return [(reply.text, reply.finish_reason) for reply in trial.replies]


def _result(work: _Work, attempt: _Attempt) -> CaseResult:
    preference = preference_of(attempt.judgements)
    return result_of(work.facts, attempt.outcomes, work.design, preference)


def _pair(work: _Work, attempt: _Attempt) -> Pair:
    """The case beside the baseline's: still the same one, as only its settings differ."""
    facts = work.facts
    after = Standing(
        _result(work, attempt), facts.fingerprint, facts.expectations, extra=attempt.extra
    )
    return Pair(facts.key, work.before, after)


def _require_some(works: Sequence[_Work]) -> None:
    """Raise where nothing at all could be judged: that is no result."""
    errors = [a.error for work in works for a in work.attempts]
    if errors and all(errors):
        raise EngineError(f"no case could be judged: {errors[0]}")


def _point(point: Point, works: Sequence[_Work]) -> PointOutcome:
    number = works[0].attempts.index(next(a for a in works[0].attempts if a.point == point))
    mine = [(work, work.attempts[number]) for work in works]
    judged = [(work, attempt) for work, attempt in mine if not attempt.error]
    replies = [r for _, a in judged for trial in a.trials for r in trial.replies]
    decisions = list(_decisions(mine))
    return PointOutcome(
        point,
        all(work.case == attempt.case for work, attempt in mine),
        tuple(_result(work, attempt) for work, attempt in judged),
        tuple((work.facts.key, a.error) for work, a in mine if a.error),
        all(decision.passed for decision in decisions),
        tuple(reason for decision in decisions for reason in decision.reasons),
        len(replies),
        sum(reply.finish_reason == "length" for reply in replies),
    )


def _decisions(mine: Sequence[tuple[_Work, _Attempt]]) -> Iterator[GateDecision]:
    """The gate of each character."""
    for character in dict.fromkeys(id(work.character) for work, _ in mine):
        yield _decision([pair for pair in mine if id(pair[0].character) == character])


def _decision(mine: Sequence[tuple[_Work, _Attempt]]) -> GateDecision:
    character = mine[0][0].character
    pairs = [(work, _pair(work, attempt)) for work, attempt in mine if not attempt.error]
    compared = mine[0][0].compared
    given = GateInput(
        [pair.result for _, pair in pairs],
        [_verdict(work, pair if compared else None, pair.result) for work, pair in pairs],
        Comparison("baseline", "sweep", tuple(pair for _, pair in pairs)) if compared else None,
        len(mine) - len(pairs),
        character.left_out,
    )
    return decide(character.policy, given)


def _verdict(work: _Work, pair: Pair | None, result: CaseResult) -> CaseVerdict:
    """As in a run: what is expected to fail closes no gate."""
    required = must_pass(work.character.policy, work.case)
    lost = bool(pair and pair.lost)
    if work.case.xfail and not result.passed and not (required or lost):
        return CaseVerdict(False, f"expected to fail: {work.case.xfail}")
    return case_verdict(work.character.policy, result, pair, required)
