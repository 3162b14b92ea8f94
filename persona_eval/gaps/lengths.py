"""Lengths that failing cases ask for, those that the data show, and those of the replies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

from persona_eval.gaps.topics import Nearest
from persona_eval.gaps.tried import Tried, limits_of
from persona_eval.lint.coverage import Label
from persona_eval.lint.findings import Wanted
from persona_eval.lint.lengths import BRIEF, TALK, allowed, bands_of, quantile, spread
from persona_eval.lint.spoken import Spoken
from persona_eval.suite.card import Persona
from persona_eval.suite.fields import Band
from persona_eval.text import words

RARE = 0.1
"""A length that fewer replies of a category have is hardly learnt."""
ENOUGH = 10
"""Replies of a category from which their lengths mean something."""


class Spread(NamedTuple):
    """Words of some texts: nine of ten have ``tenth`` or more, nine of ten ``ninetieth`` or less."""

    tenth: int
    median: int
    ninetieth: int


@dataclass(frozen=True)
class Rare:
    """A length that cases ask for and hardly any reply of their category has."""

    cases: tuple[str, ...]
    asked: tuple[float, float]
    found: int
    of: int
    wanted: tuple[Wanted, ...]


@dataclass(frozen=True)
class LengthFigures:
    """The lengths that have to do with a group; None where there is nothing to count."""

    asked: tuple[float, float] | None
    """Least and most that its cases or their good examples show."""
    practice: Spread | None
    """Of the data's replies that are practice for it."""
    near: Spread | None
    """Of the data's replies near the cases' topics."""
    said: Spread | None
    """Of the failing replies."""
    outside: int
    """Failing replies outside what `words` asks, of the case or else of the card."""
    rare: tuple[Rare, ...]

    @property
    def wanted(self) -> tuple[Wanted, ...]:
        return tuple(each for rare in self.rare for each in rare.wanted)


def length_figures(
    failing: Sequence[Tried],
    near: Sequence[Nearest],
    practice: Sequence[Spoken],
    usual: tuple[float, ...],
    card: Persona,
) -> LengthFigures:
    """Of the failing cases of a group. ``usual`` is how its replies split by length."""
    asked = [each.asked for each in failing if each.asked]
    said = [(len(words(text)), each) for each in failing for text in each.replies]
    return LengthFigures(
        _around(asked) if asked else None,
        spread_of([len(reply.words) for reply in practice]),
        spread_of([len(each.said.words) for each in near]),
        spread_of([count for count, _ in said]),
        sum(not _fits(count, limits_of(each.band or card.voice.words)) for count, each in said),
        _rare(failing, [len(reply.words) for reply in practice], usual, card),
    )


def usual_mix(label: Label, card: Persona) -> tuple[float, ...]:
    """How replies of a category should split by length, as the lint says."""
    return allowed(TALK if label[1] or label[0] == "in_character" else BRIEF, card)


def mix_for(failing: Sequence[Tried], usual: tuple[float, ...], card: Persona) -> tuple[float, ...]:
    """How examples for these cases should split: as their good replies do, within what they ask;
    the usual way where they say neither."""
    mixes = [_mix(each, usual, card) for each in failing] or [usual]
    return tuple(sum(shares) / len(mixes) for shares in zip(*mixes, strict=True))


def _mix(tried: Tried, usual: tuple[float, ...], card: Persona) -> tuple[float, ...]:
    if tried.band is not None:
        return allowed(usual, _asking(card, limits_of(tried.band)))
    split = bands_of([len(words(text)) for text in tried.case.good])
    return tuple(count / sum(split) for count in split) if sum(split) else usual


def spread_of(counts: Sequence[int]) -> Spread | None:
    """The distribution of some lengths."""
    ordered = sorted(counts)
    if not ordered:
        return None
    return Spread(quantile(ordered, 0.1), quantile(ordered, 0.5), quantile(ordered, 0.9))


def _rare(
    failing: Sequence[Tried], counts: Sequence[int], mix: tuple[float, ...], card: Persona
) -> tuple[Rare, ...]:
    """What is shorter, and what is longer, than the category's replies are."""
    if len(counts) < ENOUGH:
        return ()
    usual = median(counts)
    lacking = [
        (each, each.roomy)
        for each in failing
        if each.roomy and sum(_fits(n, each.roomy) for n in counts) < RARE * len(counts)
    ]
    sides = (
        [(each, asked) for each, asked in lacking if (asked[1] < usual) == shorter]
        for shorter in (True, False)
    )
    return tuple(_of_side(side, counts, mix, card) for side in sides if side)


def _of_side(
    side: Sequence[tuple[Tried, tuple[float, float]]],
    counts: Sequence[int],
    mix: tuple[float, ...],
    card: Persona,
) -> Rare:
    asked = _around([limits for _, limits in side])
    found = sum(_fits(count, asked) for count in counts)
    lacking = max(1, math.ceil(RARE * len(counts)) - found)
    return Rare(
        tuple(each.case.id for each, _ in side), asked, found, len(counts),
        spread(lacking, (0, 0, 0), allowed(mix, _asking(card, asked))),
    )  # fmt: skip


def _around(limits: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The band that holds them all."""
    return min(low for low, _ in limits), max(high for _, high in limits)


def _asking(card: Persona, asked: tuple[float, float]) -> Persona:
    """The card with this band of words."""
    low, high = asked
    band = Band(min=max(low, 1), max=None if math.isinf(high) else high)
    return card.model_copy(update={"voice": card.voice.model_copy(update={"words": band})})


def _fits(count: int, limits: tuple[float, float]) -> bool:
    return limits[0] <= count <= limits[1]
