"""The cases of a stored run, as they are today and stand by today's rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from persona_eval.history import CaseFacts, PastTrial, Run
from persona_eval.identity import asked_of, place_of
from persona_eval.judge import Rules
from persona_eval.judging import ReplyText
from persona_eval.lint.coverage import Label
from persona_eval.results import CaseResult
from persona_eval.scorers.rules_shape import Words
from persona_eval.sides import Project, Reference
from persona_eval.suite.card import Persona
from persona_eval.suite.fields import Band
from persona_eval.suite.models import Case, Suite
from persona_eval.text import words

TWICE = 2
"""How much shorter or longer than its good examples a reply may be."""


@dataclass(frozen=True)
class Tried:
    """A case of the run."""

    suite: Suite
    case: Case
    result: CaseResult
    replies: tuple[str, ...]
    """To the judged turn, in the trials that ended as the case did."""
    missed: tuple[tuple[str, int], ...] = ()
    """Of a failing case: titles of what its replies did not meet, each with the number of
    trials, most first."""
    band: Band | None = None
    """The length that the case itself asks for with `words`."""

    @property
    def label(self) -> Label:
        """What it is a case of. Just talk has no controls."""
        category = self.case.category
        return category, self.case.control and category != "in_character"

    @property
    def prompt(self) -> str:
        """What the judged reply answers."""
        return self.case.turns[_judged(self.case)].user

    @property
    def asked(self) -> tuple[float, float] | None:
        """Fewest and most words that the case asks for, or else its good examples have."""
        if self.band is not None:
            return limits_of(self.band)
        counts = [len(words(text)) for text in self.case.good]
        return (min(counts), max(counts)) if counts else None

    @property
    def roomy(self) -> tuple[float, float] | None:
        """The same, with half of the shortest example to twice the longest."""
        if self.asked is None or self.band is not None:
            return self.asked
        return self.asked[0] // TWICE, self.asked[1] * TWICE


@dataclass(frozen=True)
class Looked:
    """All of a run that can be looked at."""

    run: Run
    adapter: str
    cases: tuple[Tried, ...]
    left_out: int
    """Cases of other suites, that are gone, or that ask something else today."""
    rejudged: int
    """Trials that were judged anew."""

    @property
    def failing(self) -> list[Tried]:
        return [each for each in self.cases if not each.result.passed]

    @property
    def passing(self) -> list[Tried]:
        return [each for each in self.cases if each.result.passed]


def limits_of(band: Band | None) -> tuple[float, float]:
    """Both ends of a band, open ones too."""
    if band is None:
        return 0.0, float("inf")
    return band.min or 0.0, float("inf") if band.max is None else band.max


def look(project: Project, reference: Reference, suites: Sequence[Suite]) -> Looked:
    """The cases of a run that are still those of the suites. Raises PersonaEvalError where a
    suite cannot be read or a scorer crashes."""
    run, adapter = reference.run, reference.adapter
    assert run is not None
    side = project.side(reference)
    facts = {each.key: each for each in project.runs.cases(run.number, adapter)}
    reading = _Reading(project, run, adapter)
    known = {place_of(suite.path): suite for suite in suites}
    found = []
    for key, standing in side.standings.items():
        suite = known.get(standing.result.suite)
        case = _same(suite.cases, suite.persona, facts[key]) if suite else None
        if suite and case:
            found.append(reading.tried(suite, case, standing.result))
    left_out = len(side.standings) - len(found)
    return Looked(run, adapter, tuple(found), left_out, side.rejudged)


def _same(cases: Sequence[Case], persona: Persona, facts: CaseFacts) -> Case | None:
    """The case today, if it still asks the same."""
    case = next((case for case in cases if case.id == facts.case), None)
    return case if case and asked_of(case, persona) == facts.asked else None


class _Reading:
    """Reads the trials of one run."""

    def __init__(self, project: Project, run: Run, adapter: str):
        self._project, self._run, self._adapter = project, run, adapter
        trials = [t for t in project.runs.trials(run.number, adapter) if not t.extra]
        self._texts = project.runs.replies(trials)
        self._trials: dict[str, list[PastTrial]] = {}
        for trial in trials:
            self._trials.setdefault(trial.key, []).append(trial)

    def tried(self, suite: Suite, case: Case, result: CaseResult) -> Tried:
        trials = [self._texts[trial.texts] for trial in self._trials[result.key]]
        place = case.generated_turns.index(_judged(case))
        said = tuple(
            texts[place][0]
            for texts, passed in zip(trials, result.outcomes, strict=True)
            if passed == result.passed
        )
        rules = self._project.rules(suite, case, dict(self._run.about), self._adapter)
        missed = () if result.passed else self._missed(suite, rules, result, trials)
        return Tried(suite, case, result, said, missed, _words(rules))

    def _missed(
        self,
        suite: Suite,
        rules: Rules,
        result: CaseResult,
        trials: Sequence[Sequence[ReplyText]],
    ) -> tuple[tuple[str, int], ...]:
        """Judged anew where that needs no model; else as it was judged then."""
        if rules.answerable:
            judged = self._project.judge(suite.path.parent).judge(rules, trials)
            scores = [score for judgement in judged for score in judgement.scores]
        else:
            place = (self._run.number, self._adapter, result.suite, result.case_id)
            kept = self._project.runs.judgements(*place)
            scores = [score for judgement in kept for score in judgement["scores"]]
        recorded = {entry.title for entry in rules.planned if entry.recorded_only}
        counts = Counter(s["expectation"] for s in scores if s["passed"] is False)
        return tuple((name, n) for name, n in counts.most_common() if name not in recorded)


def _judged(case: Case) -> int:
    """The judged turn, or the last where that one's reply is given by the script."""
    judged = case.judged_turn
    return judged if judged in case.generated_turns else case.generated_turns[-1]


def _words(rules: Rules) -> Band | None:
    """The case's own band, the card's left aside."""
    for entry in rules.planned:
        scorer = entry.scorer
        own = entry.turn == _judged(rules.case) and entry.source != "pack"
        if own and isinstance(scorer, Words):
            return Band(min=scorer.min, max=scorer.max)
    return None
