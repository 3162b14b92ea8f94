"""Reply lengths against those of the training data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from persona_eval.doctor.evidence import surely
from persona_eval.doctor.examining import Examined
from persona_eval.doctor.findings import Finding, of
from persona_eval.lint.lengths import ENOUGH, quantile, uniform
from persona_eval.lint.limits import Limits
from persona_eval.suite.card import Persona

SHARES = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass(frozen=True)
class Words:
    """Lengths in words: how many texts, and their quantiles at ``SHARES``."""

    count: int
    quantiles: tuple[int, ...]

    @property
    def band(self) -> tuple[int, int]:
        """Where the middle 80 % lie."""
        return self.quantiles[1], self.quantiles[3]

    @property
    def median(self) -> int:
        """As many are shorter as are longer."""
        return self.quantiles[2]

    @classmethod
    def of(cls, counts: list[int]) -> Words | None:
        """None without any."""
        ordered = sorted(counts)
        return cls(len(ordered), tuple(quantile(ordered, q) for q in SHARES)) if ordered else None


def replied(found: Examined) -> Words | None:
    """Of replies that came to their end."""
    return Words.of([each.words for each in found.set.values() if each.ended])


def trained(found: Examined) -> Words | None:
    """Of the replies of the training data."""
    return Words.of([len(each.words) for each in found.trained_on])


def uniform_lengths(found: Examined) -> Iterator[Finding]:
    """Training replies that are all about as long."""
    counts = [len(each.words) for each in found.trained_on]
    known, limits = trained(found), Limits()
    warning = next(uniform(counts, found.card, limits), None)
    if warning is None or known is None or _meant(found.card, limits.uniform):
        return
    low, high = known.band
    ended = [each.words for each in found.set.values() if each.ended]
    inside = sum(low <= each <= high for each in ended)
    does = "so do" if 2 * inside >= len(ended) else "so far do"
    yield Finding(
        "uniform_lengths", "warning", "data", "all training replies are about as long",
        f"80 % of {known.count} training replies have {low} to {high} words; {does} "
        f"{of(inside, len(ended), 'replies that end by themselves')}.",
        "The model learns the length as if it belonged to the voice, and cannot be brief or tell "
        "more when the question asks for it.",
        f"Change the data, no setting mends it: {warning.message.rpartition('; ')[2]}.",
        {"low": low, "high": high, "inside": inside, "ended": len(ended)},
    )  # fmt: skip


def _meant(card: Persona | None, limit: float) -> bool:
    """Whether the card itself asks for one length."""
    band = card.voice.words if card else None
    return band is not None and bool(band.min and band.max and band.max < limit * band.min)


def lengths(found: Examined) -> Iterator[Finding]:
    """Replies that are mostly shorter, or mostly longer, than nine tenths of the data."""
    known, ended = trained(found), [each.words for each in found.set.values() if each.ended]
    told = Words.of(ended)
    if known is None or told is None or known.count < ENOUGH:
        return
    low, high = known.band
    outside = {
        "shorter": sum(words < low for words in ended),
        "longer": sum(words > high for words in ended),
    }
    for how, number in outside.items():
        if 2 * number > len(ended) and surely(number, len(ended)):
            yield Finding(
                "lengths", "warning", "recipe", f"replies are {how} than the training data",
                f"{of(number, len(ended), 'replies that end by themselves')} are {how} than 80 % of "
                f"the training replies ({low} to {high} words); medians {told.median} and "
                f"{known.median}.",
                "The model has not taken over the lengths of its data: too little training, or "
                "prompts unlike those of the data.",
                "Train longer, or write replies to prompts like those of the suites.",
                {"outside": number, "ended": len(ended), "low": low, "high": high},
            )  # fmt: skip
