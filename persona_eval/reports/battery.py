"""How many counterfeits a suite caught, in lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from persona_eval.battery import Caught
from persona_eval.reports.plain import printable
from persona_eval.suite.models import Suite


def battery_lines(suite: Suite, found: Sequence[Caught], by_case: bool) -> Iterator[str]:
    """A line for the suite, with the share caught of each way; ``by_case``: one for each case
    that let something pass too."""
    tried = Counter(copy.way for caught in found for copy in caught.tried)
    slipped = Counter(copy.way for caught in found for copy in caught.slipped)
    if not tried:
        return
    ways = ", ".join(f"{way} {_share(count - slipped[way], count)}" for way, count in tried.items())
    whole = _share(tried.total() - slipped.total(), tried.total())
    yield f"{suite.path}: {whole} of {tried.total()} counterfeits caught ({ways})"
    if by_case:
        for caught in found:
            yield from _case_lines(suite, caught)


def _case_lines(suite: Suite, caught: Caught) -> Iterator[str]:
    count = len(caught.tried) - len(caught.slipped)
    yield f"{suite.path}:{caught.case.line}: {caught.case.id}: {count} of {len(caught.tried)} caught"
    for copy in caught.slipped:
        yield f"    passes {copy.way}: {printable(copy.text)}"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}"
