"""What the lint of training data comes to: findings, and the figures behind them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Kind = Literal["error", "warning"]
Subject = Literal[
    "template", "leakage", "card", "coverage", "lengths", "endings", "duplicates", "openings",
    "validation",
]  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A place in the data, and what is to be seen there."""

    path: Path
    line: int
    text: str

    @property
    def place(self) -> str:
        """As editors open it: ``train.jsonl:12``."""
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Wanted:
    """So many examples to write, of a category and a length."""

    count: int
    words: str
    """One of ``lengths.BANDS``."""
    category: str | None = None
    control: bool = False


@dataclass(frozen=True)
class Finding:
    """Something about the data that will show in the character."""

    kind: Kind
    """`error`: the data must not be trained on like this. `warning`: it had better not."""
    subject: Subject
    name: str
    """What it is, for machines: ``uniform``, ``exact prompt``, …"""
    message: str
    """What was found and what to do, in numbers."""
    count: int = 0
    """How many replies or lines it concerns; for what is missing, how many are wanted."""
    wanted: tuple[Wanted, ...] = ()
    """What to write, in place of what is there (faults) or besides it (gaps)."""
    examples: tuple[Example, ...] = ()
    """Where, all the places."""

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}"


@dataclass(frozen=True)
class Lengths:
    """Words of the replies. Shares are 0 to 1."""

    replies: int
    shortest: int
    tenth: int
    median: int
    ninetieth: int
    longest: int
    short: float
    """Share under 20 words."""
    long: float
    """Share over 100 words."""
    open_ended: float
    """Share without a closing mark at the end."""


@dataclass(frozen=True)
class Coverage:
    """How much of the data practises what a category of the suites tests."""

    category: str
    control: bool
    what: str
    """What is counted."""
    cases: int
    """Cases of the suites."""
    wanted: int
    """Least number of replies; 0 where the suites hold no such case."""
    found: int
    """Number of replies, an estimate where only a sample was read."""
    interval: tuple[int, int]
    """Of ``found``, at 95 %; both ends the same where every reply was read."""
    bands: tuple[int, int, int]
    """How ``found`` splits by length."""


@dataclass(frozen=True)
class LintReport:
    """The whole of it."""

    conversations: int
    lengths: Lengths
    coverage: tuple[Coverage, ...] = ()
    """Empty without a card or without suites."""
    sampled: int | None = None
    """How many replies the coverage was counted on; None when it was all of them."""
    judged: int | None = None
    """How many replies were held against the card; None when it was all of them."""
    messages: int = 0
    """User turns, where the suites hold prompts, and replies, where they hold good ones."""
    compared: int | None = None
    """How many of them were compared with the suites by meaning; None without an embedder."""
    findings: tuple[Finding, ...] = field(default=())
    """Errors first."""

    def of_kind(self, kind: Kind) -> tuple[Finding, ...]:
        """All errors, or all warnings."""
        return tuple(finding for finding in self.findings if finding.kind == kind)


def plural(count: int, noun: str) -> str:
    """``1 case``, ``2 cases``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def listed(wanted: Iterable[Wanted]) -> str:
    """What to write, as a sentence lists it: ``dont_know: 3 under 20 words, 4 of 20 to 100``."""
    groups: dict[str, list[str]] = {}
    for each in wanted:
        title = f"{each.category}{' control' if each.control else ''}" if each.category else ""
        groups.setdefault(title, []).append(f"{each.count} of {each.words} words")
    return "; ".join(
        f"{title}: {', '.join(parts)}" if title else ", ".join(parts)
        for title, parts in groups.items()
    )
