"""What a stored run holds of each case: what was said, how it was judged by today's rules, and
whether that could be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from persona_eval.compare import Standing
from persona_eval.drift import settled
from persona_eval.errors import PersonaEvalError
from persona_eval.history import CaseFacts, PastTrial, Run
from persona_eval.identity import asked_of
from persona_eval.judge import Rules
from persona_eval.judging import Judgement, ReplyText
from persona_eval.overlap.learnt import Overlap, TrainingData
from persona_eval.results import CaseResult, Design
from persona_eval.sides import Project, Texts
from persona_eval.standings import facts_of, judged_result
from persona_eval.suite.models import Case, Suite

Judged = Literal["then", "anew", "gone", "unanswerable"]
"""``then``: as it was, and today's rules are the same. ``anew``: by today's rules. ``gone``: as it
was, since the suites no longer ask this. ``unanswerable``: as it was, since only a model could tell."""


@dataclass(frozen=True)
class Attempt:
    """A trial of a past run, with its judgement."""

    number: int
    replies: tuple[ReplyText, ...]
    judgement: Judgement
    extra: bool
    """Drawn to confirm a flip; it counts in no rate."""


@dataclass(frozen=True)
class Evidence:
    """A case of a past run."""

    facts: CaseFacts
    suite: Suite | None
    """As it is today; None where this is not asked any more."""
    case: Case | None
    attempts: tuple[Attempt, ...]
    judged: Judged = "then"
    overlaps: tuple[Overlap, ...] | None = None
    """What the replies of each attempt have in common with those that the adapter was trained on;
    None where that is not known."""

    @property
    def error(self) -> str | None:
        """What keeps the case from being judged."""
        said = dict.fromkeys(a.judgement.error for a in self.attempts if a.judgement.error)
        return "\n".join(said) or (None if self.counted else "no trial was finished")

    @property
    def counted(self) -> list[Attempt]:
        """The trials that count in rates."""
        return [attempt for attempt in self.attempts if not attempt.extra]

    @property
    def result(self) -> CaseResult | None:
        """None where a trial could not be judged."""
        if self.error:
            return None
        facts, counted = self.facts, self.counted
        design = Design(facts.least, facts.most, facts.pass_rate)
        result = judged_result(facts, [attempt.judgement for attempt in counted], design)
        return replace(result, overlaps=self.overlaps and self.overlaps[: len(counted)])

    @property
    def standing(self) -> Standing | None:
        """The case as a side of a comparison; None where a trial could not be judged."""
        result, facts = self.result, self.facts
        if result is None:
            return None
        said = tuple(tuple(text for text, _ in attempt.replies) for attempt in self.counted)
        extra = tuple(bool(a.judgement.passed) for a in self.attempts if a.extra)
        return Standing(result, facts.fingerprint, facts.expectations, said, extra)


def evidence_of(
    project: Project, run: Run, adapter: str, as_judged: bool = False
) -> list[Evidence]:
    """All cases of a run with this adapter. ``as_judged`` takes the stored judgements as they are:
    for a run that has only just ended."""
    found = project.runs.trials(run.number, adapter)
    gathering = _Gathering(project, run, adapter, found, as_judged)
    cases = (gathering.of(facts) for facts in project.runs.cases(run.number, adapter))
    return [*_beside_training(project, run, adapter, cases)]


def _beside_training(
    project: Project, run: Run, adapter: str, cases: Iterable[Evidence]
) -> Iterator[Evidence]:
    known = run.about.get("adapters", {}).get(adapter)
    learnt = TrainingData(project.root).of(known) if isinstance(known, dict) else None
    for each in cases:
        said = ([text for text, _ in attempt.replies] for attempt in each.attempts)
        yield replace(each, overlaps=tuple(map(learnt.of_trial, said))) if learnt else each


class _Gathering:
    """Brings together what is stored of one run."""

    def __init__(
        self,
        project: Project,
        run: Run,
        adapter: str,
        trials: Iterable[PastTrial],
        as_judged: bool,
    ):
        self.project, self.run, self.adapter, self.as_judged = project, run, adapter, as_judged
        self.trials: dict[str, list[PastTrial]] = {}
        for trial in trials:
            self.trials.setdefault(trial.key, []).append(trial)
        everything = [trial for those in self.trials.values() for trial in those]
        self.texts: Texts = project.runs.replies(everything)

    def of(self, facts: CaseFacts) -> Evidence:
        return _settled(self._of(facts))

    def _of(self, facts: CaseFacts) -> Evidence:
        suite, case = self._today(facts)
        stored = Evidence(facts, suite, case, self._stored(facts))
        if self.as_judged:
            return stored
        if suite is None or case is None:
            return replace(stored, judged="gone")
        rules = self.project.rules(suite, case, dict(self.run.about), self.adapter)
        now = replace(stored, facts=facts_of(suite, case, rules))
        if rules.digest is not None and rules.digest == facts.rules:
            return now
        if not rules.answerable:
            return replace(stored, judged="unanswerable")
        return replace(now, attempts=self._anew(suite, rules, stored.attempts), judged="anew")

    def _today(self, facts: CaseFacts) -> tuple[Suite | None, Case | None]:
        """The case as it is today, with as many trials as it had then."""
        about = self.run.about.get("suites", {}).get(facts.suite)
        suite = self._suite(facts.suite, about["path"]) if about else None
        case = next((c for c in suite.cases if c.id == facts.case), None) if suite else None
        if suite is None or case is None or asked_of(case, suite.persona) != facts.asked:
            return None, None
        return suite, case.with_trials(facts.least, facts.most)

    def _suite(self, place: str, path: str) -> Suite | None:
        """One that was edited while it ran does not undo a run that has ended."""
        try:
            return self.project.suite(place, path)
        except PersonaEvalError:
            if not self.as_judged:
                raise
            return None

    def _stored(self, facts: CaseFacts) -> tuple[Attempt, ...]:
        place = (self.run.number, self.adapter, facts.suite, facts.case)
        judgements = [_judgement(data) for data in self.project.runs.judgements(*place)]
        pairs = zip(self.trials.get(facts.key, ()), judgements, strict=True)
        return tuple(
            Attempt(trial.number, self.texts[trial.texts], judgement, trial.extra)
            for trial, judgement in pairs
        )

    def _anew(self, suite: Suite, rules: Rules, attempts: Sequence[Attempt]) -> tuple[Attempt, ...]:
        judge = self.project.judge(suite.path.parent)
        judgements = judge.judge(rules, [a.replies for a in attempts], [a.number for a in attempts])
        pairs = zip(attempts, judgements, strict=True)
        return tuple(replace(attempt, judgement=judgement) for attempt, judgement in pairs)


def _settled(found: Evidence) -> Evidence:
    """All trials of a long conversation as their case stands."""
    told = settled(found.facts.drift, [attempt.judgement for attempt in found.attempts])
    pairs = zip(found.attempts, told, strict=True)
    return replace(found, attempts=tuple(replace(each, judgement=one) for each, one in pairs))


def _judgement(data: Mapping[str, Any]) -> Judgement:
    return Judgement(data["passed"], data["error"], tuple(data["scores"]))
