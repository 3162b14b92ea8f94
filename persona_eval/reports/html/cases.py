"""Every case of a run as a page shows it: a line in the list, and what opens below it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from persona_eval.compare import Comparison, Pair
from persona_eval.evidence import Evidence
from persona_eval.gate import case_verdict, must_pass
from persona_eval.history import Run
from persona_eval.reports.html.content import AdapterCases, Content
from persona_eval.reports.html.texts import shown
from persona_eval.reports.html.trials import TrialView, trial_views, verdict_of
from persona_eval.reports.steady import steady_lines
from persona_eval.results import CaseResult
from persona_eval.sides import BASELINE
from persona_eval.suite.policy import GatePolicy

EXCERPT = 160
JUDGED = {
    "anew": "judged anew: rules have changed since",
    "gone": "judged by the rules of its day: the suites no longer ask this",
    "unanswerable": "judged by the rules of its day: today's would need the model",
}


@dataclass(frozen=True)
class TurnView:
    """A user's message, and the reply that is written in the suite, if it is."""

    user: str
    scripted: str | None


@dataclass(frozen=True)
class CaseView:
    """A case with one adapter."""

    anchor: str
    key: str
    name: str
    suite: str
    speaker: str
    category: str
    control: bool
    adapter: str
    tags: tuple[str, ...]
    prompt: str
    """What the user said last, in one line; empty where that is not known any more."""
    turns: tuple[TurnView, ...]
    trials: tuple[TrialView, ...]
    verdict: str
    """``passed``, ``failed`` or ``error``."""
    label: str
    """``stable``, ``flaky``, ``failing``, ``undecided`` or ``error``."""
    counts: str
    """Trials that passed, of those that count."""
    need: str
    """Share of the trials that must pass."""
    change: str
    """What became of it since the baseline; empty without one."""
    confirmed: bool
    error: str
    """What keeps it from being judged."""
    meaning: str
    """What it means for the gate; empty where that is nothing."""
    notes: tuple[str, ...]

    @property
    def href(self) -> str:
        """The link to it."""
        return f"#{quote(self.anchor, safe='/:@')}"


def case_views(content: Content) -> list[CaseView]:
    """All cases, the candidate's first."""
    views: list[CaseView] = []
    for number, adapter in enumerate(content.adapters):
        comparison = content.against.comparison if number == 0 else None
        views += _of_adapter(content, adapter, comparison)
    return views


def anchor_of(key: str, adapter: str, several: bool) -> str:
    """What a link to a case ends in: the same in the pages of all runs."""
    return f"case/{key}@{adapter}" if several else f"case/{key}"


def policy_of_run(run: Run, folder: str) -> GatePolicy:
    """The policy that a run's gate followed; runs of an older version did not write it down."""
    try:
        return GatePolicy.model_validate(run.about.get("gates", {}).get(folder, {}))
    except ValueError:
        return GatePolicy()


def _of_adapter(
    content: Content, adapter: AdapterCases, comparison: Comparison | None
) -> Iterator[CaseView]:
    pairs = {pair.key: pair for pair in comparison.pairs} if comparison else {}
    several = len(content.adapters) > 1
    candidate = adapter.name == next(iter(content.run.adapters), adapter.name)
    accepted = comparison is not None and comparison.before == BASELINE
    for evidence in adapter.cases:
        pair = pairs.get(evidence.facts.key)
        anchor = anchor_of(evidence.facts.key, adapter.name, several)
        meaning = _meaning(content, evidence, pair if accepted else None) if candidate else ""
        yield _view(evidence, adapter.name, pair, anchor, meaning)


def _view(
    evidence: Evidence, adapter: str, pair: Pair | None, anchor: str, meaning: str
) -> CaseView:
    facts, case, suite, result = evidence.facts, evidence.case, evidence.suite, evidence.result
    turns = (
        tuple(TurnView(shown(t.user), t.assistant and shown(t.assistant)) for t in case.turns)
        if case
        else ()
    )
    return CaseView(
        anchor=anchor,
        key=facts.key,
        name=facts.case,
        suite=facts.suite,
        speaker=shown(suite.persona.name) if suite else "reply",
        category=facts.category,
        control=facts.control,
        adapter=adapter,
        tags=case.tags if case else (),
        prompt=_excerpt(turns),
        turns=turns,
        trials=tuple(trial_views(evidence, pair.before if pair else None)),
        verdict=verdict_of(result.passed if result else None),
        label=result.label if result else "error",
        counts=_counts(evidence, result),
        need=f"{facts.pass_rate:.0%}",
        change=pair.status if pair and pair.status != "not run" else "",
        confirmed=bool(pair and pair.confirmed),
        error=shown(evidence.error or ""),
        meaning=shown(meaning),
        notes=tuple(_notes(evidence, pair)),
    )


def _counts(evidence: Evidence, result: CaseResult | None) -> str:
    passes = sum(bool(attempt.judgement.passed) for attempt in evidence.counted)
    return f"{result.passes if result else passes} of {len(evidence.counted)}"


def _excerpt(turns: Sequence[TurnView]) -> str:
    text = " ".join(turns[-1].user.split()) if turns else ""
    return text if len(text) <= EXCERPT else f"{text[: EXCERPT - 1].rstrip()}…"


def _meaning(content: Content, evidence: Evidence, pair: Pair | None) -> str:
    """What the candidate's case means for the gate, as the plugin says it."""
    result, case = evidence.result, evidence.case
    if result is None:
        return "could not be judged"
    policy = policy_of_run(content.run, evidence.facts.suite.split("/")[0])
    required = evidence.facts.must_pass or bool(case and must_pass(policy, case))
    if case and case.xfail and not result.passed and not (required or (pair and pair.lost)):
        return f"expected to fail: {case.xfail}"
    reason = case_verdict(policy, result, pair, required).reason
    return "" if reason == "fails" else reason


def _notes(evidence: Evidence, pair: Pair | None) -> Iterator[str]:
    if evidence.judged in JUDGED:
        yield JUDGED[evidence.judged]
    if pair and pair.before and pair.before.otherwise:
        yield f"{pair.before.otherwise} of the baseline's trials are judged otherwise than when they were accepted"
    if evidence.result:
        yield from (shown(line.strip()) for line in steady_lines(evidence.result))
    if evidence.result and (saved := evidence.result.saved):
        yield f"{saved} more trials could not have changed the verdict"
