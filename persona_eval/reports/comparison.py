"""A comparison in words: what changed, with both replies, and whether that is more than luck."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from tabulate import tabulate

from persona_eval.compare import Change, Comparison, Pair, Status
from persona_eval.reports.plain import printable

FLIPS: tuple[Status, ...] = ("broken", "fixed")
UNPAIRED: tuple[Status, ...] = ("changed", "new", "removed", "not run")
SHOWN = 8
WIDTH = 92


def comparison_lines(
    comparison: Comparison, alpha: float, target: float | None = None
) -> Iterator[str]:
    """Broken and fixed cases with both replies, the other lists by name, then the whole."""
    for status in FLIPS:
        pairs = sorted(comparison.of_status(status), key=lambda pair: not pair.confirmed)
        for pair in pairs[:SHOWN]:
            yield from _flip(status, pair)
        yield from _more(len(pairs), status)
    for status in UNPAIRED:
        if pairs := comparison.of_status(status):
            yield f"{status:<9} {_names(pairs)}"
    if known := comparison.of_status("still failing"):
        yield f"known     {len(known)} failed before and fail still"
    yield from _whole(comparison, alpha, target)


def category_table(comparison: Comparison) -> str:
    """Before and after by category, with the interval of the difference and p."""
    changes = [*comparison.categories, *([comparison.whole] if comparison.whole else [])]
    rows = [
        [c.category, str(c.pairs), f"{c.before:.0%}", f"{c.after:.0%}", points(c.difference),
         span(c.interval), p_text(c.p_worse), p_text(c.p_better)]
        for c in changes
    ]  # fmt: skip
    headers = ["category", "pairs", comparison.before, comparison.after, "change", "95 %",
               "p worse", "p better"]  # fmt: skip
    if any(share is not None for c in changes for share in c.copied):
        headers.append("copied")
        rows = [[*row, _copied(c)] for row, c in zip(rows, changes, strict=True)]
    return tabulate(rows, headers=headers, disable_numparse=True,
                    colalign=("left", *["right"] * (len(headers) - 1)))  # fmt: skip


def _copied(change: Change) -> str:
    """The share of passes on each side that repeat training data, where it is known."""
    return " → ".join("–" if share is None else f"{share:.0%}" for share in change.copied)


def points(difference: float) -> str:
    """A difference of rates, in points."""
    return f"{difference * 100:+.0f} pts" if round(difference * 100) else "±0"


def span(interval: tuple[float, float]) -> str:
    """An interval of a difference, in points."""
    return f"{interval[0] * 100:+.0f} to {interval[1] * 100:+.0f}"


def p_text(p: float) -> str:
    """A p-value, as short as is honest."""
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _flip(name: str, pair: Pair) -> Iterator[str]:
    assert pair.before
    assert pair.after
    yield f"{name:<9} {pair.key} ({trials_text(pair)})"
    yield _quoted("then", pair.before.telling_reply())
    yield _quoted("now", pair.after.telling_reply())


def trials_text(pair: Pair) -> str:
    """How many trials passed on each side, and what more trials showed."""
    assert pair.before
    assert pair.after
    before, after, extra = pair.before.result, pair.after.result, pair.after.extra
    counts = f"{before.passes} of {before.trials} trials then, {after.passes} of {after.trials} now"
    if not extra:
        return counts
    more = f"{sum(extra)} of {len(extra)} more"
    return f"{counts}, {more}: {'confirmed' if pair.confirmed else 'not confirmed'}"


def _quoted(label: str, reply: str) -> str:
    text = textwrap.shorten(printable(reply), 3 * WIDTH, placeholder=" …") or "(empty)"
    indent = " " * 15
    return textwrap.fill(
        f"“{text}”", WIDTH, initial_indent=f"{'':10}{label:<5}", subsequent_indent=indent
    )


def _more(count: int, name: str) -> Iterator[str]:
    if count > SHOWN:
        yield f"{name:<9} {count - SHOWN} more (all of them: persona-eval compare)"


def _names(pairs: Sequence[Pair]) -> str:
    shown = ", ".join(pair.key for pair in pairs[:SHOWN])
    return f"{shown} and {len(pairs) - SHOWN} more" if len(pairs) > SHOWN else shown


def _margin(change: Change, margin: float) -> str:
    low, high = change.interval
    word = "shown" if low > -margin else "missed" if high <= -margin else "not shown"
    return f"margin    not worse than {margin * 100:g} points: {word}"


def _whole(comparison: Comparison, alpha: float, target: float | None) -> Iterator[str]:
    if comparison.otherwise:
        noun = "trial is" if comparison.otherwise == 1 else "trials are"
        yield (
            f"rules     {comparison.otherwise} {noun} judged otherwise than when they were "
            "accepted: rules have changed since"
        )
    change = comparison.whole
    if change is None:
        yield "all       no case is the same on both sides: nothing was compared"
        return
    yield f"all       {change_text(change)}"
    if target is not None:
        yield _margin(change, target)
    drop = comparison.detectable(alpha)
    if drop > 1:
        yield f"power     {change.pairs} pairs are too few to show that anything got worse"
        return
    text = f"power     a drop of {drop * 100:.0f} points would have been found in four of five runs"
    wanted = target or 0.05
    if wanted < drop:
        text += f"; to find {wanted * 100:g} points: about {comparison.needed(wanted, alpha)} cases"
    yield text


def change_text(change: Change) -> str:
    """Rates, difference, interval and p of a change."""
    return (
        f"{change.before:.0%} → {change.after:.0%} over {change.pairs} cases: "
        f"{points(change.difference)} (95 %: {span(change.interval)}), "
        f"p worse {p_text(change.p_worse)}, p better {p_text(change.p_better)}"
    )
