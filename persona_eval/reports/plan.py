"""What a run of these cases needs, and what it could show."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from persona_eval.baseline import Baseline
from persona_eval.feasibility import impossible, unknown_names
from persona_eval.statistics.design import cases_needed, fewest_lost, smallest_drop, trial_spread
from persona_eval.statistics.rates import wilson
from persona_eval.suite.models import CATEGORIES, Case, Suite
from persona_eval.suite.policy import GatePolicy

WORST = (1, 2)
"""Passes and trials of a case about which least is known."""


def plan_lines(
    folder: Path,
    cases: Sequence[tuple[Suite, Case]],
    policy: GatePolicy,
    baseline: Baseline | None,
) -> Iterator[str]:
    """Lines of ``--persona-plan`` for the chosen cases of a character."""
    chosen = [case for _, case in cases]
    persona = cases[0][0].persona.name if cases else ""
    yield f"{persona} · {folder} · {len(chosen)} cases, {_replies(chosen)}"
    counts = Counter[str](case.category for case in chosen)
    for name in CATEGORIES:
        if n := counts[name]:
            low, high = wilson(n / 2, n)
            yield f"  {name}: {n} cases; a rate of 50% would be known as {low:.0%} to {high:.0%}"
    yield from _against(cases, policy, baseline)
    compared = _accepted(baseline)
    counted = [
        (case.category, f"{suite.path.name}::{case.id}" in compared) for suite, case in cases
    ]
    for why in [*impossible(policy, counted), *unknown_names(policy, chosen)]:
        yield f"  the gate cannot be as it is written: {why}"
    yield ""


def _replies(cases: Sequence[Case]) -> str:
    least = sum(case.trial_range.min * len(case.generated_turns) for case in cases)
    most = sum(case.trial_range.max * len(case.generated_turns) for case in cases)
    return f"{most} replies" if least == most else f"{least} to {most} replies"


def _against(
    cases: Sequence[tuple[Suite, Case]], policy: GatePolicy, baseline: Baseline | None
) -> Iterator[str]:
    """What a comparison over these cases could tell, by what the baseline's trials show of
    their spread; without one, as if each case were a coin's toss."""
    accepted = _accepted(baseline)
    names = [f"{suite.path.name}::{case.id}" for suite, case in cases]
    known = [accepted[name] for name in names if name in accepted]
    shared = len(known) if baseline else len(cases)
    spread = trial_spread([(sum(p), len(p)) for p in known] or [_guess(c) for _, c in cases])
    source = "by the baseline's trials" if known else "if every trial were a coin's toss"
    yield from comparison_power(shared, spread, policy.alpha, policy.margin or 0.05, source)


def _accepted(baseline: Baseline | None) -> dict[str, tuple[bool, ...]]:
    """Outcomes of the accepted cases, by file and id."""
    sections = baseline.file.engines.values() if baseline else ()
    return {name: case.passed for section in sections for name, case in section.cases.items()}


def _guess(case: Case) -> tuple[int, int]:
    trials = case.trial_range.max
    return (trials // 2, trials) if trials > 1 else WORST


def comparison_power(
    cases: int, spread: float, alpha: float, target: float, source: str
) -> Iterator[str]:
    """What a comparison of so many cases could show."""
    drop = smallest_drop(cases, spread, alpha)
    if math.isinf(drop):
        yield (
            f"  {cases} compared cases are too few to show that anything got worse: not fewer "
            f"than {fewest_lost(alpha)} lost cases could"
        )
        return
    yield f"  a drop of {drop * 100:.0f} points would be found in four of five runs ({source})"
    if target < drop:
        needed = cases_needed(target, spread, alpha)
        yield f"  to find one of {target * 100:g} points: about {needed} cases"
