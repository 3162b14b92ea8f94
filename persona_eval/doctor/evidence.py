"""When figures are evidence: none of these limits was fitted to a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from persona_eval.doctor.drawing import Drawn, Replies
from persona_eval.statistics.paired import sign_test
from persona_eval.statistics.rates import wilson
from persona_eval.statistics.student import student_interval

SELDOM = 0.05
"""One reply in twenty: what happens more often, a user meets in every longer conversation."""
ALPHA = 0.05


def surely(count: int, total: int) -> bool:
    """Whether more than one in twenty is affected, by the lower end of a 95 % interval: 4 of 24
    are enough, 3 are not, and 3 of 12."""
    return wilson(count, total)[0] > SELDOM if total else False


def off_course(excesses: Sequence[float]) -> bool:
    """Whether tokens are more surprising to the model than it expects, on the whole.

    Draws from its own distribution are as surprising as expected, to the model itself and on
    average; a temperature below 1, top-k, top-p and min-p lower that. What lies above 0 comes
    from a setting that pushes words onto the model which it finds unlikely.
    """
    found = student_interval(excesses)
    return found is not None and found[0] > 0


def worse(than: Replies, replies: Replies, what: str) -> tuple[int, int, bool]:
    """How many replies have a fault here and not in the others, how many the other way round,
    and whether luck explains that."""
    pairs = [
        (getattr(each, what), getattr(than[n], what)) for n, each in replies.items() if n in than
    ]
    here = sum(mine and not other for mine, other in pairs)
    there = sum(other and not mine for mine, other in pairs)
    return here, there, sign_test(here, there) < ALPHA


def count(replies: Iterable[Drawn], what: str) -> int:
    """How many have a fault."""
    return sum(bool(getattr(each, what)) for each in replies)
