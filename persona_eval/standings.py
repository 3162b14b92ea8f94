"""How cases stand: their trials, judged by today's rules, ready to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from persona_eval.baseline import AcceptedCase, Trials
from persona_eval.compare import Standing
from persona_eval.drift import DriftPlan, drifted, settled
from persona_eval.errors import ScorerError
from persona_eval.history import CaseFacts
from persona_eval.identity import asked_of, fingerprint_of, place_of
from persona_eval.judge import Judge, Rules
from persona_eval.judging import Judgement
from persona_eval.overlap.learnt import Learnt
from persona_eval.results import CaseResult, Design
from persona_eval.suite.models import Case, Suite
from persona_eval.suite.policy import GatePolicy


def design_of(case: Case, policy: GatePolicy) -> Design:
    """How many trials the case gets, and what they must show."""
    trials = case.trial_range
    return Design(trials.min, trials.max, case.pass_rate, policy.undecided == "pass")


def facts_of(suite: Suite, case: Case, rules: Rules) -> CaseFacts:
    """What is stored of a case beside its trials."""
    return CaseFacts(
        suite=place_of(suite.path),
        case=case.id,
        category=case.category,
        control=case.control,
        pass_rate=case.pass_rate,
        least=case.trial_range.min,
        most=case.trial_range.max,
        must_pass=case.must_pass,
        asked=asked_of(case, suite.persona),
        fingerprint=fingerprint_of(case, suite.persona),
        rules=rules.digest,
        expectations=titles_of(rules),
        wordings=case.wordings if case.paraphrases else (),
        drift=DriftPlan.of(case),
    )


def titles_of(rules: Rules) -> tuple[str, ...]:
    """What judges the case, as reports name it."""
    return tuple(entry.title for entry in rules.planned if not entry.recorded_only)


def result_of(
    facts: CaseFacts, outcomes: Sequence[bool], design: Design, prefers: bool | None = None
) -> CaseResult:
    """The result of a case's trials."""
    return CaseResult(
        facts.suite, facts.case, facts.category, facts.control, tuple(outcomes), design, prefers,
        wordings=facts.wordings,
    )  # fmt: skip


def judged_result(facts: CaseFacts, judgements: Sequence[Judgement], design: Design) -> CaseResult:
    """The result of a case's judged trials."""
    told = settled(facts.drift, judgements)
    outcomes = [bool(judgement.passed) for judgement in told]
    found = drifted(facts.drift, judgements) if facts.drift else None
    return replace(result_of(facts, outcomes, design, preference_of(judgements)), drift=found)


def preference_of(judgements: Sequence[Judgement]) -> bool | None:
    """What `prefers` says of a case: the same in each trial, as nothing is sampled for it."""
    said = [s["passed"] for j in judgements for s in j.scores if s["expectation"] == "prefers"]
    return next((passed for passed in said if passed is not None), None)


def accepted_standing(
    accepted: AcceptedCase,
    replies: Trials,
    facts: CaseFacts,
    design: Design,
    judge: Judge,
    rules: Rules,
) -> Standing:
    """A case of a baseline. Where it is still the same case, its replies are judged by today's
    rules; else it stands as it was accepted. Raises ScorerError where a scorer crashes on it."""
    outcomes = accepted.passed
    if accepted.fingerprint == facts.fingerprint and rules.answerable:
        judged = settled(facts.drift, judge.judge(rules, replies))
        outcomes = tuple(_sure(judgement, facts) for judgement in judged)
    texts = tuple(tuple(text for text, _ in trial) for trial in replies)
    result = result_of(facts, outcomes, design)
    otherwise = sum(a != b for a, b in zip(outcomes, accepted.passed, strict=True))
    return Standing(result, accepted.fingerprint, accepted.expectations, texts, otherwise=otherwise)


def beside_training(standing: Standing, learnt: Learnt | None) -> Standing:
    """The standing with what the replies that it holds have in common with those that were
    learnt."""
    if learnt is None or not standing.replies:
        return standing
    overlaps = tuple(map(learnt.of_trial, standing.replies))
    return replace(standing, result=replace(standing.result, overlaps=overlaps))


def removed_standing(key: str, accepted: AcceptedCase, replies: Trials) -> Standing:
    """A case of a baseline that is there no more, as it was accepted."""
    result = accepted_result(key, accepted)
    texts = tuple(tuple(text for text, _ in trial) for trial in replies)
    return Standing(result, accepted.fingerprint, accepted.expectations, texts)


def accepted_result(key: str, accepted: AcceptedCase) -> CaseResult:
    """A case of a baseline, as it was accepted."""
    suite, case_id = key.split("::", 1)
    design = Design(accepted.least, accepted.most, accepted.pass_rate)
    category, control = accepted.category, accepted.control
    return CaseResult(suite, case_id, category, control, accepted.passed, design)


def _sure(judgement: Judgement, facts: CaseFacts) -> bool:
    if judgement.error:
        raise ScorerError(
            f"{facts.key}: a reply of the baseline cannot be judged: {judgement.error}"
        )
    return bool(judgement.passed)
