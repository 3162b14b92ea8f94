"""Where along a reply each stop token is likely."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from persona_eval.doctor.examining import Examined
from persona_eval.doctor.reading import Read

EDGES = (0, 10, 20, 40, 80, 160)
"""Tokens before a place at which a row of the table begins; each has about twice the room of the
one before."""
LEAST = 0.001
"""A token that is no stop token is shown from this mean probability on, anywhere."""


@dataclass(frozen=True)
class Chances:
    """Places, and the mean probability of each token there; None without places."""

    places: int
    chances: tuple[float | None, ...]


@dataclass(frozen=True)
class Row:
    """Places with about so many tokens before them."""

    first: int
    last: int | None
    names: tuple[str, ...]
    closed: Chances
    """Where a sentence has ended."""
    within: Chances
    """Everywhere else."""

    @property
    def label(self) -> str:
        """As the table calls it."""
        return f"{self.first} and more" if self.last is None else f"{self.first} to {self.last}"


def places(found: Examined) -> list[Row]:
    """The table of the natural replies; none without readings."""
    reads = list(found.natural_reads.values())
    if found.ends is None or not reads:
        return []
    shown = list(_shown(found, reads))
    names = tuple(found.ends.names[token] for token in shown)
    ends = (*(edge - 1 for edge in EDGES[1:]), None)
    rows = []
    for first, last in zip(EDGES, ends, strict=True):
        closed = _chances(reads, shown, first, last, True)
        within = _chances(reads, shown, first, last, False)
        if closed.places or within.places:
            rows.append(Row(first, last, names, closed, within))
    return rows


def _shown(found: Examined, reads: Sequence[Read]) -> Iterator[int]:
    assert found.ends is not None, "readings come with the tokens that were watched"
    for token in found.ends.names:
        likely = max(fmean(read.seen.stops[token]) for read in reads)
        if token in found.ends.stops or token == found.ends.closing or likely >= LEAST:
            yield token


def _chances(
    reads: Sequence[Read], tokens: Sequence[int], first: int, last: int | None, closed: bool
) -> Chances:
    chosen = [
        (read, place)
        for read in reads
        for place, is_closed in enumerate(read.closed)
        if is_closed is closed and place >= first and (last is None or place <= last)
    ]
    means = (
        fmean(r.seen.stops[t][place] for r, place in chosen) if chosen else None for t in tokens
    )
    return Chances(len(chosen), tuple(means))
