"""Replies that repeat each other, and replies that all open alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from persona_eval.lint.findings import Finding, Wanted, listed
from persona_eval.lint.grams import RUN, GramIndex, copied
from persona_eval.lint.lengths import BANDS, band
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, Words, examples

OPENING = 3
"""Words of an opening."""
OFTEN = 5
"""Replies that must open alike before that is a habit."""


def copies(replies: Sequence[Words], index: GramIndex, least: float) -> dict[int, int]:
    """Replies that repeat another, each with the one that it repeats: half of the runs of four
    words of one of the two stand in the other, or the words are the same. One reply of each
    group of copies is left out. Replies under four words are anybody's, and never copies."""
    first: dict[Words, int] = {}
    same: dict[int, int] = {}
    edges: dict[int, set[int]] = {}
    for number, words in enumerate(replies):
        if len(words) < RUN:
            continue
        if (earlier := first.setdefault(words, number)) != number:
            same[number] = earlier
            continue
        for other in copied(words, index, least, but=number):
            edges.setdefault(number, set()).add(other)
            edges.setdefault(other, set()).add(number)
    found = _repeating(first.values(), edges)
    return found | {number: found.get(earlier, earlier) for number, earlier in same.items()}


def _repeating(numbers: Iterable[int], edges: Mapping[int, set[int]]) -> dict[int, int]:
    """Those that have an edge to one before them that stays, with that one."""
    kept: set[int] = set()
    found: dict[int, int] = {}
    for number in numbers:
        repeated = min(edges.get(number, set()) & kept, default=None)
        if repeated is None:
            kept.add(number)
        else:
            found[number] = repeated
    return found


def duplicate_findings(
    replies: Sequence[Spoken],
    index: GramIndex,
    limits: Limits,
    categories: Mapping[Spoken, str] | None = None,
) -> Iterator[Finding]:
    """Replies of which one copy is enough. ``index`` holds their words, and ``categories`` those
    of some replies."""
    found = copies([reply.words for reply in replies], index, limits.overlap)
    if not found:
        return
    wanted = _in_place_of((replies[number] for number in found), categories or {})
    message = (
        f"replies that repeat half of another or more: {len(found)} of {len(replies)}; write others "
        f"in their place, {listed(wanted)}"
    )
    pairs = tuple(
        replies[number].example(f"{replies[number].example().text}, as in line "
                                f"{replies[other].source.line}")
        for number, other in sorted(found.items())
    )  # fmt: skip
    yield Finding("warning", "duplicates", "near", message, len(found), wanted, pairs)


def _in_place_of(replies: Iterable[Spoken], categories: Mapping[Spoken, str]) -> tuple[Wanted, ...]:
    """As many new replies of the same lengths and, where they are known, categories."""
    counts = Counter((categories.get(each, ""), band(len(each.words))) for each in replies)
    return tuple(
        Wanted(count, BANDS[place], category or None)
        for (category, place), count in sorted(counts.items())
    )


def opening(words: Words) -> Words | None:
    """The first three words; None of a shorter reply."""
    return words[:OPENING] if len(words) >= OPENING else None


def opening_findings(replies: Sequence[Spoken], limits: Limits) -> Iterator[Finding]:
    """Openings that a model would learn as the way to begin."""
    counts = Counter(found for reply in replies if (found := opening(reply.words)))
    allowed = max(int(limits.opening * len(replies)), OFTEN - 1)
    for words, count in counts.most_common():
        if count <= allowed:
            return
        message = (
            f"replies that open with “{' '.join(words)}”: {count} of {len(replies)} "
            f"({count / len(replies):.0%}), more than {limits.opening:.0%}; begin "
            f"{count - allowed} of them another way"
        )
        alike = (reply for reply in replies if opening(reply.words) == words)
        yield Finding(
            "warning", "openings", " ".join(words), message, count, examples=examples(alike)
        )


def validation_findings(
    replies: Sequence[Spoken], index: GramIndex, valid: Sequence[Spoken], limits: Limits
) -> Iterator[Finding]:
    """Replies to validate on that the model has learnt."""
    learnt = {reply.words for reply in replies if len(reply.words) >= RUN}
    found = [
        reply for reply in valid
        if reply.words in learnt or copied(reply.words, index, limits.overlap)
    ]  # fmt: skip
    if found:
        message = (
            f"replies to validate on that repeat half of a training reply or more: {len(found)} of "
            f"{len(valid)}; the validation loss looks better than it is: write others"
        )
        yield Finding(
            "warning", "validation", "learnt", message, len(found), examples=examples(found)
        )
