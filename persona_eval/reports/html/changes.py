"""What changed against the older side: flipped cases with both replies, the others by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from persona_eval.compare import Comparison, Pair, Status
from persona_eval.reports.comparison import p_text, points, span
from persona_eval.reports.html.cases import CaseView
from persona_eval.reports.html.content import Content
from persona_eval.reports.html.texts import Part, differences, shown
from persona_eval.reports.html.trials import ScoreView, TrialView

SHOWN = 8
"""Flipped cases of a kind that are shown in full; the list of cases has all."""
FLIPS: tuple[Status, ...] = ("broken", "fixed")
OTHERS: tuple[Status, ...] = ("changed", "new", "removed", "not run")
WORDS = {"not run": "not run on the older side"}


@dataclass(frozen=True)
class Flip:
    """A case that passed on one side only."""

    case: CaseView
    counts: str
    before: tuple[Part, ...]
    after: tuple[Part, ...]
    marked: bool
    """Whether the parts tell what differs; two replies with nothing in common are not marked."""
    why: tuple[ScoreView, ...]
    """What the telling trial of a broken case did not meet."""


@dataclass(frozen=True)
class FlipList:
    """All flips of a kind."""

    status: Status
    count: int
    confirmed: int
    flips: tuple[Flip, ...]


@dataclass(frozen=True)
class Changes:
    """The comparison in words."""

    against: str
    flips: tuple[FlipList, ...]
    others: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    """Status, and name and link of each case."""
    known: int
    """Cases that failed before and fail still."""
    sentences: tuple[str, ...]


def changes(content: Content, cases: Sequence[CaseView]) -> Changes | None:
    """What changed; None without a comparison."""
    comparison = content.against.comparison
    if comparison is None:
        return None
    by_key = {case.key: case for case in cases if case.adapter == content.adapters[0].name}
    return Changes(
        against=shown(content.against.words),
        flips=tuple(_flips(comparison, status, by_key) for status in FLIPS),
        others=tuple(_others(comparison, by_key)),
        known=len(comparison.of_status("still failing")),
        sentences=tuple(_sentences(comparison)),
    )


def _flips(comparison: Comparison, status: Status, cases: Mapping[str, CaseView]) -> FlipList:
    pairs = sorted(comparison.of_status(status), key=lambda pair: not pair.confirmed)
    flips = tuple(_flip(pair, cases[pair.key]) for pair in pairs[:SHOWN])
    return FlipList(status, len(pairs), sum(pair.confirmed for pair in pairs), flips)


def _flip(pair: Pair, case: CaseView) -> Flip:
    assert pair.before
    assert pair.after
    then, now = shown(pair.before.telling_reply()), shown(pair.after.telling_reply())
    parts = differences(then, now)
    before, after = parts or ([Part(then, False)], [Part(now, False)])
    failing = next((t for t in case.trials if t.verdict == "failed"), None)
    why = tuple(_unmet(failing)) if failing and pair.status == "broken" else ()
    return Flip(case, _counts(pair), tuple(before), tuple(after), parts is not None, why)


def _unmet(trial: TrialView) -> Iterator[ScoreView]:
    return (score for score in trial.scores if score.verdict == "unmet")


def _counts(pair: Pair) -> str:
    assert pair.before
    assert pair.after
    before, after, extra = pair.before.result, pair.after.result, pair.after.extra
    text = f"{before.passes} of {before.trials} trials then, {after.passes} of {after.trials} now"
    if not extra:
        return text
    word = "confirmed" if pair.confirmed else "not confirmed"
    return f"{text}, {sum(extra)} of {len(extra)} more: {word}"


def _others(
    comparison: Comparison, cases: Mapping[str, CaseView]
) -> Iterator[tuple[str, tuple[tuple[str, str], ...]]]:
    for status in OTHERS:
        if pairs := comparison.of_status(status):
            links = ((p.key, cases[p.key].href if p.key in cases else "") for p in pairs)
            yield WORDS.get(status, status), tuple(links)


def _sentences(comparison: Comparison) -> Iterator[str]:
    if comparison.otherwise:
        yield (
            f"{comparison.otherwise} trials of the older side are judged otherwise than on their "
            "day, as rules have changed since."
        )
    change = comparison.whole
    if change is None:
        yield "No case is the same on both sides: nothing was compared."
        return
    yield (
        f"{change.before:.0%} → {change.after:.0%} over {change.pairs} cases that both sides have: "
        f"{points(change.difference)} (95 %: {span(change.interval)}), p worse "
        f"{p_text(change.p_worse)}, p better {p_text(change.p_better)}."
    )
    drop = comparison.detectable()
    if drop > 1:
        yield f"{change.pairs} pairs are too few to show that anything got worse."
    else:
        yield f"A drop of {drop * 100:.0f} points would have been found in four of five runs."
