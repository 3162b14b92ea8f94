"""How long a reply is wished to be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypedDict

from persona_eval.gaps.tried import limits_of
from persona_eval.lint.findings import Wanted
from persona_eval.lint.lengths import BANDS, LONG, SHORT
from persona_eval.suite.card import Persona

ENDS = dict(zip(BANDS, ((1, SHORT - 1), (SHORT, LONG), (LONG + 1, math.inf)), strict=True))
"""Fewest and most words of a band."""


class Wish(TypedDict, total=False):
    """Words of a reply, both ends included; an end that is not there is open."""

    min: int
    max: int


def wishes(wanted: Sequence[Wanted], card: Persona) -> list[Wish]:
    """One for each example that is wanted, the bands in turn; without any, the card's band."""
    rounds = range(max((each.count for each in wanted), default=0))
    bands = [each.words for number in rounds for each in wanted if each.count > number]
    return [_wish(*ENDS[band], card) for band in bands] or [_wish(1, math.inf, card)]


def as_said(wish: Wish) -> str:
    """In words: ``20 to 100 words``."""
    low, high = wish.get("min", 1), wish.get("max")
    return f"{low} words or more" if high is None else f"{low} to {high} words"


def granted(count: int, wish: Wish) -> bool:
    """Whether a reply of so many words is as long as was wished."""
    return wish.get("min", 0) <= count <= wish.get("max", math.inf)


def _wish(low: float, high: float, card: Persona) -> Wish:
    """A band, as far as the card's goes."""
    least, most = limits_of(card.voice.words)
    low, high = max(low, math.ceil(least)), min(high, most)
    return Wish(min=int(low)) if math.isinf(high) else Wish(min=int(low), max=int(high))
