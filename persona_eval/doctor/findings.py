"""What is wrong: what was measured, what that means, and what to change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "note"]
Where = Literal["setting", "data", "recipe", "model"]
Name = Literal[
    "chat_template", "stop_tokens", "lookalikes", "max_tokens", "min_tokens", "stop_texts",
    "repetition_penalty", "temperature", "uniform_lengths", "lengths", "mid_sentence", "runs_on",
    "loops", "empty",
]  # fmt: skip
SYMPTOMS: frozenset[Name] = frozenset({"lengths", "mid_sentence", "runs_on", "loops", "empty"})
"""What another finding may be the cause of; told only where there is none."""
CAUSES: frozenset[Name] = frozenset(
    {"chat_template", "stop_tokens", "lookalikes", "max_tokens", "min_tokens",
     "repetition_penalty", "temperature"}
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    name: Name
    severity: Severity
    """An error breaks replies; a warning makes them worse; a note is good to know."""
    where: Where
    """What has to be changed."""
    title: str
    measured: str
    means: str
    change: str
    figures: Mapping[str, float] = field(default_factory=dict)


def of(count: int, total: int, noun: str = "replies") -> str:
    """A share as a reader can check it: ``4 of 24 replies (17 %)``."""
    share = f" ({count / total:.0%})" if total else ""
    return f"{count} of {total} {noun}{share}"
