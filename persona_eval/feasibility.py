"""Whether a gate can be as it is written, asked before anything is generated."""

from __future__ import annotations

from collections.abc import Iterable

from persona_eval.statistics.paired import paired_interval
from persona_eval.statistics.rates import wilson
from persona_eval.suite.models import CATEGORIES, Case
from persona_eval.suite.policy import GatePolicy
from persona_eval.suite.suggest import did_you_mean

ROUNDING = 1e-9
MOST = 10**7
"""Cases beyond which nobody looks for an answer."""


def unknown_names(policy: GatePolicy, cases: Iterable[Case]) -> list[str]:
    """What the policy's ``must_pass`` names and no case is, has as a tag or belongs to."""
    known = {name for case in cases for name in (case.id, case.category, *case.tags)}
    return [
        f"must_pass: no case has the id, tag or category `{name}`{did_you_mean(name, sorted(known))}"
        for name in policy.must_pass
        if name not in known
    ]


def impossible(policy: GatePolicy, cases: Iterable[tuple[str, bool]]) -> list[str]:
    """Why no run of these cases could ever satisfy the policy, or an empty list. ``cases`` are
    (category, whether it is compared with a baseline)."""
    cases = list(cases)
    counts = {name: sum(category == name for category, _ in cases) for name in CATEGORIES}
    counts["all"] = len(cases)
    found = [_floor_out_of_reach(policy, *given, counts) for given in policy.floors.given()]
    compared = sum(compared for _, compared in cases)
    return [*filter(None, [*found, _margin_out_of_reach(policy, compared)])]


def _floor_out_of_reach(
    policy: GatePolicy, name: str, floor: float, counts: dict[str, int]
) -> str | None:
    n = counts[name]
    if n == 0:
        return f"floors.{name}: there is no such case"
    best = wilson(n, n)[0]
    if policy.undecided == "pass" or best >= floor - ROUNDING:
        return None
    needed = (
        next(k for k in range(n, MOST) if wilson(k, k)[0] >= floor - ROUNDING)
        if floor < 1
        else None
    )
    more = f"add cases ({needed} could show it), " if needed else ""
    return (
        f"floors.{name}: with {n} cases even a perfect score shows no more than {best:.0%}, the "
        f"floor is {floor:.0%}: {more}lower the floor, or set `undecided: pass` to be content "
        "with the observed rate"
    )


def _margin_out_of_reach(policy: GatePolicy, pairs: int) -> str | None:
    if policy.margin is None or not pairs or policy.undecided == "pass":
        return None
    lowest = paired_interval([0.0] * pairs)[0]
    if lowest > -policy.margin:
        return None
    needed = next(n for n in range(pairs, MOST) if paired_interval([0.0] * n)[0] > -policy.margin)
    return (
        f"margin: with {pairs} compared cases even an unchanged adapter may have lost "
        f"{-lowest * 100:.1f} points, the margin is {policy.margin * 100:g}: add cases ({needed} "
        "could show it), widen the margin, or set `undecided: pass`"
    )
