"""Expectations about what a language model finds likely."""

from __future__ import annotations

from statistics import fmean
from typing import ClassVar

from pydantic import Field

from persona_eval.scorers.arguments import Texts
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.suite.models import Case

FEWEST_SAMPLES = 5
"""Voice samples that span a range, at least."""


class Fluent(Scorer):
    """Passes when the mean log-probability per token of the reply, under the base model, is at
    least `at_least`; without a figure, at least that of the character's least likely sample."""

    name: ClassVar[str] = "fluent"
    short: ClassVar[str | None] = "at_least"
    calibrated: ClassVar[bool] = True
    asks_model: ClassVar[bool] = True

    at_least: float | None = Field(default=None, le=0, allow_inf_nan=False)
    """Smallest mean log-probability (natural logarithm per token) that passes."""

    def judge(self, exchange: Exchange) -> Score:
        if exchange.tools.base_likelihood is None:
            return Score.skip("no base model at hand")
        samples = exchange.persona.voice.samples if self.at_least is None else ()
        if self.at_least is None and len(samples) < FEWEST_SAMPLES:
            return Score.skip(f"the card has fewer than {FEWEST_SAMPLES} voice samples")
        if not exchange.reply.strip():
            return Score(False, "the reply is empty")
        value, *usual = exchange.tools.base_likelihood.mean_logprob(
            exchange.messages, [exchange.reply, *samples]
        )
        limit = min(usual) if self.at_least is None else self.at_least
        source = "of the least likely sample" if usual else "asked for"
        return Score(value >= limit, f"{value:.2f} per token; {limit:.2f} {source}", value, limit)


class Prefers(Scorer):
    """Passes when the model that is tested finds the good replies likelier than the bad ones:
    difference of the mean log-probabilities per token. No reply is sampled for it."""

    name: ClassVar[str] = "prefers"
    short: ClassVar[str | None] = "margin"
    calibrated: ClassVar[bool] = True
    asks_model: ClassVar[bool] = True

    good: Texts | None = None
    """Replies that should be likelier; the case's `good` unless given."""
    bad: Texts | None = None
    """Replies that should be less likely; the case's `bad` unless given."""
    margin: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Smallest difference (natural logarithm per token) that passes."""

    def applies_to(self, case: Case) -> str | None:
        if not (self.good or case.good) or not (self.bad or case.bad):
            return "`prefers` needs good and bad replies: give them to the case or to `prefers`"
        named = {expectation.name for turn in case.turns for expectation in turn.expect}
        if not case.pack and not case.never and named | _names(case) == {self.name}:
            return "`prefers` never judges alone: add another expectation, or keep the pack"
        return None

    def judge(self, exchange: Exchange) -> Score:
        if exchange.tools.likelihood is None:
            return Score.skip("no language model at hand")
        liked, disliked = self.good or exchange.case.good, self.bad or exchange.case.bad
        found = exchange.tools.likelihood.mean_logprob(exchange.messages, [*liked, *disliked])
        good, bad = fmean(found[: len(liked)]), fmean(found[len(liked) :])
        lead = good - bad
        reason = f"good replies {good:.2f} per token, bad ones {bad:.2f}"
        return Score(lead >= self.margin and lead > 0, reason, lead, self.margin)


def _names(case: Case) -> set[str]:
    return {expectation.name for expectation in case.expect}


SCORERS: tuple[type[Scorer], ...] = (Fluent, Prefers)
