"""May it ship? Counts and a policy → a decision with its reasons. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from persona_eval.compare import Comparison, Pair
from persona_eval.results import CaseResult, by_category, summarise
from persona_eval.suite.models import Case
from persona_eval.suite.policy import GatePolicy

ROUNDING = 1e-9
ENOUGH = 3
"""Trials below which a case may well have been accepted by luck."""


@dataclass(frozen=True)
class CaseVerdict:
    """What a case means for the gate."""

    fails: bool
    """Whether it alone closes the gate."""
    reason: str
    """Why it does, or why its failure does not; empty for a case that passes and may."""


@dataclass(frozen=True)
class GateInput:
    """What a decision is made of: the results of the candidate."""

    results: Sequence[CaseResult]
    verdicts: Sequence[CaseVerdict]
    """One for each result."""
    comparison: Comparison | None = None
    """With the baseline, where there is one."""
    errors: int = 0
    """Cases that could not be judged."""
    deselected: frozenset[str] = frozenset()
    """Categories of which not all cases were run."""
    finished: bool = True


@dataclass(frozen=True)
class GateDecision:
    """Open or closed, and why."""

    passed: bool
    reasons: tuple[str, ...] = ()
    """What closes it."""
    notes: tuple[str, ...] = ()
    """What does not, and should be known."""
    next: str = ""
    """What to do now."""
    policy: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def must_pass(policy: GatePolicy, case: Case) -> bool:
    """Whether a case must pass, by its own word or the policy's."""
    return case.must_pass or not {case.id, case.category, *case.tags}.isdisjoint(policy.must_pass)


def case_verdict(
    policy: GatePolicy, result: CaseResult, pair: Pair | None, required: bool
) -> CaseVerdict:
    """What a case means for the gate. ``pair`` holds the baseline's side; None without one."""
    if pair and pair.lost:
        gone = ", ".join(f"`{title}`" for title in pair.lost)
        return CaseVerdict(True, f"no longer judged by {gone}, as it was in the baseline")
    if result.passed:
        return CaseVerdict(False, "")
    if required:
        return CaseVerdict(True, "must pass")
    if policy.undecided == "pass" and result.undecided and not (pair and pair.confirmed):
        return CaseVerdict(False, "undecided: it may only have had bad luck")
    if pair is None:
        return CaseVerdict(True, "fails")
    return _against_baseline(policy, pair)


def _against_baseline(policy: GatePolicy, pair: Pair) -> CaseVerdict:
    if pair.status == "still failing":
        return CaseVerdict(False, "known failure: it failed in the baseline too")
    if pair.status in ("new", "changed"):
        return CaseVerdict(False, f"{pair.status} since the baseline: not compared")
    if pair.confirmed:
        allowed = policy.confirmed_broken
        return CaseVerdict(allowed == 0, "confirmed broken: it passed in the baseline, and fails "
                           f"in {pair.result.trials} trials and {len(_extra(pair))} more")  # fmt: skip
    return CaseVerdict(False, f"unconfirmed flip: it passed in the baseline; {_how_far(pair)}")


def _extra(pair: Pair) -> tuple[bool, ...]:
    return pair.after.extra if pair.after else ()


def _how_far(pair: Pair) -> str:
    extra = _extra(pair)
    if extra:
        return f"{sum(extra)} of {len(extra)} more trials passed"
    before = pair.before.result if pair.before else pair.result
    return f"{before.passes} of {before.trials} trials then, {pair.result.passes} of {pair.result.trials} now"


def decide(policy: GatePolicy, given: GateInput) -> GateDecision:
    """Close the gate for every reason there is, or open it."""
    reasons = [*_reasons(policy, given)]
    notes = [*_notes(policy, given)]
    passed = not reasons
    return GateDecision(
        passed, tuple(reasons), tuple(notes), _next(given, passed), policy.model_dump()
    )


def _reasons(policy: GatePolicy, given: GateInput) -> Iterator[str]:
    if given.errors:
        yield f"{given.errors} {_cases(given.errors)} could not be judged"
    if not given.results and not given.errors:
        yield "no case was judged"
    if not given.finished:
        yield "the run was broken off"
    yield from _failing(given)
    if given.comparison:
        yield from _worse(policy, given.comparison, whole=not given.deselected)
    yield from _under_floors(policy, given)


def _failing(given: GateInput) -> Iterator[str]:
    by_reason: dict[str, list[str]] = {}
    for result, verdict in zip(given.results, given.verdicts, strict=True):
        if verdict.fails:
            by_reason.setdefault(verdict.reason.split(":")[0], []).append(result.key)
    for reason, keys in by_reason.items():
        yield f"{_cases_that(reason, len(keys))} ({_listed(keys)})"


def _cases_that(reason: str, count: int) -> str:
    """A reason of single cases, said of several."""
    fail = "fails" if count == 1 else "fail"
    known = {"fails": fail, "must pass": f"that must pass {fail}"}
    return f"{count} {_cases(count)}{' ' if reason in known else ': '}{known.get(reason, reason)}"


def _worse(policy: GatePolicy, comparison: Comparison, whole: bool) -> Iterator[str]:
    confirmed = [pair.key for pair in comparison.pairs if pair.confirmed]
    if 0 < policy.confirmed_broken < len(confirmed):
        yield (
            f"{len(confirmed)} cases confirmed broken ({_listed(confirmed)}), "
            f"{policy.confirmed_broken} may be"
        )
    change = comparison.whole
    if change is None:
        if whole:
            yield "no case is the same as in the baseline, so that nothing could be compared"
        return
    if change.p_worse <= policy.alpha:
        yield (
            f"worse than the baseline: {change.before:.0%} → {change.after:.0%} over "
            f"{change.pairs} cases, p = {_p(change.p_worse)}"
        )
    if policy.margin is not None and whole and policy.undecided == "fail":
        yield from _margin(policy.margin, comparison)


def _margin(margin: float, comparison: Comparison) -> Iterator[str]:
    change = comparison.whole
    assert change is not None
    low, high = change.interval
    if high <= -margin:
        yield f"worse than the baseline by more than the margin of {margin * 100:g} points"
    elif low <= -margin:
        yield (
            f"undecided: it may have lost {-low * 100:.1f} points, the margin is {margin * 100:g} "
            f"(about {comparison.needed(margin)} cases would tell)"
        )


def _under_floors(policy: GatePolicy, given: GateInput) -> Iterator[str]:
    for name, floor, rate, low in _floors(policy, given):
        if rate < floor - ROUNDING:
            yield f"{name} passes {rate:.1%}, under its floor of {floor:.0%}"
        elif low < floor - ROUNDING and policy.undecided == "fail":
            yield (
                f"undecided: {name} passes {rate:.1%}, but that shows no more than {low:.0%}, and "
                f"its floor is {floor:.0%}: more cases would tell"
            )


def _floors(policy: GatePolicy, given: GateInput) -> Iterator[tuple[str, float, float, float]]:
    """Category, floor, rate and lower end of its interval; of whole categories only."""
    summaries = {summary.category: summary for summary in by_category(given.results)}
    if given.results:
        summaries["all"] = summarise("all", given.results)
    for name, floor in policy.floors.given():
        part = given.deselected if name == "all" else given.deselected & {name}
        if name in summaries and not part:
            yield name, floor, summaries[name].rate, summaries[name].interval[0]


def _notes(policy: GatePolicy, given: GateInput) -> Iterator[str]:
    if given.deselected and (policy.floors != GatePolicy().floors or policy.margin):
        yield "not all cases were run: floors of incomplete categories and the margin were not applied"
    for name, floor, rate, low in _floors(policy, given):
        if policy.undecided == "pass" and low < floor - ROUNDING <= rate:
            yield f"undecided: {name} passes {rate:.1%}, its floor of {floor:.0%} is not shown (95 %: from {low:.0%})"
    yield from _uncompared(given)
    comparison = given.comparison
    if comparison and comparison.whole and policy.margin and policy.undecided == "pass":
        yield from _margin(policy.margin, comparison)


def _uncompared(given: GateInput) -> Iterator[str]:
    """What a comparison does not see."""
    pairs = given.comparison.pairs if given.comparison else ()
    failing = [p for p in pairs if p.status in ("new", "changed") and not p.result.passed]
    if failing:
        yield f"{len(failing)} failing {_cases(len(failing))} not compared: new or changed"
    if gone := [p for p in pairs if p.status == "removed"]:
        yield f"{len(gone)} {_cases(len(gone))} of the baseline not there any more"
    few = [p.key for p in pairs if p.confirmed and p.before and p.before.result.trials < ENOUGH]
    if few:
        yield f"accepted on fewer than {ENOUGH} trials, which is little to be broken by: {_listed(few)}"


def _next(given: GateInput, passed: bool) -> str:
    if given.errors:
        return "mend what could not be judged (above), then run again"
    if not given.finished:
        return "run again: what was finished is kept"
    if given.comparison is None and given.deselected:
        return "run all cases, then accept them as the baseline: persona-eval accept"
    if given.comparison is None:
        return _first(passed) if given.results else "name a suite that has cases"
    fixed = len(given.comparison.of_status("fixed"))
    open_cases = [p for status in ("changed", "new") for p in given.comparison.of_status(status)]
    if not passed:
        return "read the replies of these cases; if they are as you want them: persona-eval accept"
    if (fixed or open_cases) and given.deselected:
        return "run the suites whole to make it the new baseline, if you like: persona-eval accept"
    if fixed or open_cases:
        return "make it the new baseline, if you like: persona-eval accept"
    return ""


def _first(passed: bool) -> str:
    """What to do where there is nothing to compare with yet."""
    if passed:
        return "make it the baseline that later runs are compared with: persona-eval accept"
    return (
        "read the failing replies; what the training data lack for them: persona-eval gaps; to "
        "measure later runs against this one: persona-eval accept"
    )


def _cases(count: int) -> str:
    return "case" if count == 1 else "cases"


def _listed(keys: Sequence[str]) -> str:
    shown = ", ".join(keys[:3])
    return f"{shown} and {len(keys) - 3} more" if len(keys) > 3 else shown


def _p(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else f"{p:.1g}"
