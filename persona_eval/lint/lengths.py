"""Are the lengths of the replies those that the character should learn?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import regex

from persona_eval.lint.findings import Finding, Lengths, Wanted, listed
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, examples
from persona_eval.scorers.rules_form import Complete
from persona_eval.suite.card import Persona

SHORT, LONG = 20, 100
"""Words: what is shorter than the one is short, what is longer than the other is long."""
BANDS = ("under 20", "20 to 100", "over 100")
TALK = (0.25, 0.65, 0.1)
"""How replies should split over the bands."""
BRIEF = (0.5, 0.5, 0.0)
"""The same for admissions, questions back and refusals."""
ENOUGH = 20
"""Replies from which a distribution means something."""
_CLOSED = regex.compile(
    r"[.!?…。！？।؟۔~*\p{So}\p{Sk}\p{Emoji_Presentation}][\s\"'”’»)\]*_\p{M}\p{Cf}]*$"
)


def band(count: int) -> int:
    """Index into ``BANDS`` of a number of words."""
    return 0 if count < SHORT else 1 if count <= LONG else 2


def bands_of(counts: Sequence[int]) -> tuple[int, int, int]:
    """How many lie in each band."""
    split = Counter(map(band, counts))
    return split[0], split[1], split[2]


def allowed(mix: tuple[float, ...], card: Persona | None) -> tuple[float, ...]:
    """A mix without the lengths that the card's ``voice.words`` rules out."""
    limits = card.voice.words if card else None
    if limits is None:
        return mix
    low = limits.min or 0
    high = math.inf if limits.max is None else limits.max
    fits = (low < SHORT, low <= LONG and high >= SHORT, high > LONG)
    kept = [share if fit else 0.0 for share, fit in zip(mix, fits, strict=True)]
    return tuple(share / sum(kept) for share in kept) if sum(kept) else mix


def spread(
    count: int, have: Sequence[int], mix: Sequence[float], category: str | None = None,
    control: bool = False,
) -> tuple[Wanted, ...]:  # fmt: skip
    """So many new replies, split so that together with those there they come near the mix."""
    split = list(have)
    for _ in range(count):
        total = sum(split) + 1
        split[max(range(len(mix)), key=lambda i: (mix[i] * total - split[i], mix[i]))] += 1
    new = [after - before for after, before in zip(split, have, strict=True)]
    return tuple(
        Wanted(n, words, category, control) for n, words in zip(new, BANDS, strict=True) if n
    )


def figures(replies: Sequence[Spoken]) -> Lengths:
    """The distribution of the lengths, in words. There is at least one reply."""
    counts = sorted(len(reply.words) for reply in replies)
    short, _, long = bands_of(counts)
    return Lengths(
        len(counts), counts[0], quantile(counts, 0.1), quantile(counts, 0.5),
        quantile(counts, 0.9), counts[-1], short / len(counts), long / len(counts),
        len(_open_ended(replies)) / len(counts),
    )  # fmt: skip


def quantile(ordered: Sequence[int], share: float) -> int:
    """The value below which this share of ordered values lies (nearest rank)."""
    return ordered[min(len(ordered) - 1, max(0, math.ceil(share * len(ordered)) - 1))]


def length_findings(
    replies: Sequence[Spoken],
    card: Persona | None,
    limits: Limits,
    shares: Mapping[str, float] | None = None,
) -> Iterator[Finding]:
    """What is wrong with the lengths as a whole, and replies outside the card's band. ``shares``
    of the data by category say of what to write more."""
    yield from uniform([len(reply.words) for reply in replies], card, limits, shares=shares)
    yield from _missing(replies, card, limits, shares or {})
    yield from _outside(replies, card)


def uniform(
    counts: Sequence[int],
    card: Persona | None,
    limits: Limits,
    whose: str = "",
    shares: Mapping[str, float] | None = None,
) -> Iterator[Finding]:
    """Lengths so alike that the model learns them as the right ones, of all replies or of the
    category ``whose``."""
    ordered = sorted(counts)
    if len(ordered) < ENOUGH:
        return
    low, high = quantile(ordered, 0.1), quantile(ordered, 0.9)
    if high >= limits.uniform * max(low, 1):
        return
    have = bands_of(ordered)
    mix = allowed(TALK if not whose else BRIEF, card)
    wanted = by_category(
        _bring_up(have, [share / 2 for share in mix]), {whose: 1.0} if whose else shares or {}
    )
    advice = f"add {listed(wanted)}" if wanted else "make some half as long, and some twice"
    message = (
        f"{whose + ': ' if whose else ''}80 % of {len(ordered)} replies have {low} to {high} words, "
        f"and the model learns that length as the right one; {advice}"
    )
    yield Finding("warning", "lengths", "uniform", message, sum(w.count for w in wanted), wanted)


def _missing(
    replies: Sequence[Spoken], card: Persona | None, limits: Limits, shares: Mapping[str, float]
) -> Iterator[Finding]:
    """Short or long replies that the card allows and the data hardly holds."""
    if card is None or card.voice.words is None or len(replies) < ENOUGH:
        return
    have = bands_of([len(reply.words) for reply in replies])
    mix = allowed(TALK, card)
    for place, least in ((0, limits.short), (2, limits.long)):
        share = have[place] / len(replies)
        if mix[place] == 0 or share >= least:
            continue
        floor = [least if i == place else 0.0 for i in range(3)]
        wanted = by_category(_bring_up(have, floor), shares)
        message = (
            f"replies of {BANDS[place]} words: {have[place]} of {len(replies)}, less than "
            f"{least:.0%}, though the card allows them; add {listed(wanted)}, or narrow "
            "`voice.words` of the card"
        )
        name = "few short" if place == 0 else "few long"
        count = sum(w.count for w in wanted)
        yield Finding("warning", "lengths", name, message, count, wanted)


def by_category(wanted: Iterable[Wanted], shares: Mapping[str, float]) -> tuple[Wanted, ...]:
    """What to write, handed out to the categories by their shares; what is long goes to free
    talk. Without shares it stays as it is."""
    return tuple(
        Wanted(count, each.words, category)
        for each in wanted
        for category, count in _handed_out(each, shares)
    )


def _handed_out(wanted: Wanted, shares: Mapping[str, float]) -> Iterator[tuple[str | None, int]]:
    if not shares or (wanted.words == BANDS[2] and "in_character" in shares):
        yield "in_character" if shares else None, wanted.count
        return
    given, total, before = 0, sum(shares.values()), 0.0
    for category, share in shares.items():
        before += share
        count = round(wanted.count * before / total) - given
        given += count
        if count:
            yield category, count


def _bring_up(have: Sequence[int], least: Sequence[float]) -> tuple[Wanted, ...]:
    """Fewest new replies after which each band has its share of all."""
    new = [0] * len(have)
    while True:
        total = sum(have) + sum(new)
        short = [
            max(0, math.ceil(share * total) - there - added)
            for share, there, added in zip(least, have, new, strict=True)
        ]
        if not any(short):
            break
        new = [added + lacking for added, lacking in zip(new, short, strict=True)]
    return tuple(Wanted(n, words) for n, words in zip(new, BANDS, strict=True) if n)


def _outside(replies: Sequence[Spoken], card: Persona | None) -> Iterator[Finding]:
    limits = card.voice.words if card else None
    if limits is None:
        return
    low, high = limits.min or 0, math.inf if limits.max is None else limits.max
    found = [reply for reply in replies if not low <= len(reply.words) <= high]
    if found:
        message = (
            f"replies outside the {low:g} to {high:g} words of the card: {len(found)} of "
            f"{len(replies)}; shorten or lengthen them, or widen `voice.words`"
        )
        yield Finding(
            "warning", "lengths", "outside the card's band", message, len(found),
            examples=examples(found),
        )  # fmt: skip


def ending_findings(
    replies: Sequence[Spoken], card: Persona | None, limits: Limits
) -> Iterator[Finding]:
    """Replies that break off, and a habit of no closing mark that is not the voice's own."""
    judge = Complete().judge
    persona = card or Persona(name="?")
    cut = [reply for reply in replies if judge(reply.exchange(persona)).passed is False]
    if cut:
        message = (
            f"replies that break off: {len(cut)} of {len(replies)}; finish them, or take them out"
        )
        yield Finding("warning", "endings", "breaks off", message, len(cut), examples=examples(cut))
    left_open = [reply for reply in _open_ended(replies) if reply not in cut]
    share = len(left_open) / len(replies)
    if share > limits.open_ended and not _habit(card, share):
        message = (
            f"replies that do not end as a sentence: {len(left_open)} of {len(replies)} "
            f"({share:.0%}); close {len(left_open) - int(limits.open_ended * len(replies))} of them with a mark"
        )
        yield Finding(
            "warning", "endings", "no closing mark", message, len(left_open),
            examples=examples(left_open),
        )  # fmt: skip


def _open_ended(replies: Sequence[Spoken]) -> list[Spoken]:
    return [reply for reply in replies if not _CLOSED.search(reply.text.rstrip())]


def _habit(card: Persona | None, share: float) -> bool:
    """Whether the card's own samples leave their ends open as often, or half as often."""
    samples = card.voice.samples if card else ()
    left_open = sum(not _CLOSED.search(sample.rstrip()) for sample in samples)
    return bool(samples) and left_open / len(samples) >= share / 2
