"""Replies that repeat what their adapter was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from persona_eval.outcome import AdapterOutcome
from persona_eval.overlap.learnt import Overlap
from persona_eval.results import CaseResult


def copies_of(result: CaseResult) -> Iterator[str]:
    """A line for each trial of a case that repeats a training reply, passed or failed."""
    for number, overlap in enumerate(result.overlaps or (), 1):
        if overlap.copied:
            yield f"trial {number} {_copied(overlap)}"


def copied_passes(adapters: Iterable[AdapterOutcome]) -> Iterator[str]:
    """A line for each passing trial of a session that repeats a training reply."""
    for adapter in adapters:
        for result in adapter.results:
            pairs = zip(result.outcomes, result.overlaps or (), strict=False)
            for number, (passed, overlap) in enumerate(pairs, 1):
                if passed and overlap.copied:
                    yield f"{result.key}[{adapter.adapter}] trial {number} {_copied(overlap)}"


def _copied(overlap: Overlap) -> str:
    return f"copied {overlap.share:.0%} of its words from {overlap.place}"
