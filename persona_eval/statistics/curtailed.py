"""Trials that stop early without changing the label.

Curtailed sampling: a case's trials end once no outcome of those that remain could give another
label than the one it has. The plain rate of such trials is biased; `unbiased_rate` is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

Label = Callable[[int], object]
"""The label of so many passes among all trials. Labels are compared with ``==``."""


def settled(passes: int, drawn: int, most: int, label: Label) -> bool:
    """Whether every count of passes that can still come has the same label.

    Raises ValueError unless 0 <= passes <= drawn <= most.
    """
    if not 0 <= passes <= drawn <= most:
        raise ValueError(f"{passes} passes among {drawn} of {most} trials")
    possible = [label(count) for count in range(passes, passes + most - drawn + 1)]
    return all(one == other for one, other in pairwise(possible))


def fewest_more(passes: int, drawn: int, most: int, label: Label, least: int = 1) -> int:
    """How many more trials there must be before the label can be settled with at least ``least``
    drawn; 0 where it is. Trials drawn so many at a time never pass a point at which they could
    have stopped.

    Raises ValueError like `settled`, and unless 1 <= least <= most.
    """
    _check(least, most)
    for more in range(max(0, least - drawn), most - drawn):
        if any(settled(passes + won, drawn + more, most, label) for won in range(more + 1)):
            return more
    return most - drawn


def unbiased_rate(passes: int, drawn: int, most: int, label: Label, least: int = 1) -> Fraction:
    """The pass probability, estimated without bias at the point where the trials stopped: of the
    orders of outcomes that lead there, the share that begins with a pass (Girshick, Mosteller and
    Savage, Annals of Mathematical Statistics 1946, 17:13–23). ``passes / drawn`` where no trial
    was saved.

    Raises ValueError for a point at which these trials cannot have stopped.
    """
    _check(least, most)
    labels = [label(count) for count in range(most + 1)]
    rates = _stopping_points(tuple(map(labels.index, labels)), least)
    try:
        return rates[passes, drawn]
    except KeyError:
        raise ValueError(f"{passes} passes among {drawn} of {most} trials is no end") from None


@lru_cache(maxsize=256)
def _stopping_points(labels: tuple[int, ...], least: int) -> Mapping[tuple[int, int], Fraction]:
    """The unbiased rate at each (passes, drawn) where trials with these labels may stop."""
    most = len(labels) - 1
    rates: dict[tuple[int, int], Fraction] = {}
    paths = {0: (1, 0)}  # by passes: all paths so far, and those that begin with a pass
    for drawn in range(1, most + 1):
        paths = _one_more(paths, first=drawn == 1)
        if drawn < least:
            continue
        ended = [n for n in paths if settled(n, drawn, most, labels.__getitem__)]
        for passes in ended:
            every, begun = paths.pop(passes)
            rates[passes, drawn] = Fraction(begun, every)
    return rates


def _one_more(paths: Mapping[int, tuple[int, int]], first: bool) -> dict[int, tuple[int, int]]:
    """Paths by passes after one more trial."""
    longer: dict[int, tuple[int, int]] = {}
    for passes, (every, begun) in paths.items():
        for won in (0, 1):
            old_every, old_begun = longer.get(passes + won, (0, 0))
            new_begun = won if first else begun
            longer[passes + won] = old_every + every, old_begun + new_begun
    return longer


def _check(least: int, most: int) -> None:
    if not 1 <= least <= most:
        raise ValueError(f"at least {least} of at most {most} trials")
