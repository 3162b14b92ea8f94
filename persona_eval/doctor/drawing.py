"""Replies under several settings, with the same draws: what differs comes from the setting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import regex

from persona_eval.doctor.prompts import Asked
from persona_eval.models.base import Message, Reply
from persona_eval.runner import Runner, WornAdapter
from persona_eval.scorers.base import Exchange
from persona_eval.scorers.coherence import Coherent
from persona_eval.scorers.endings import cut_sign
from persona_eval.scorers.rules_form import NoLoops
from persona_eval.suite.card import Generation
from persona_eval.text import words
from persona_eval.trials import conversation

CLOSED = regex.compile(r"[.!?…。！？।؟۔~*\p{So}\p{Emoji_Presentation}][\s\"'”’»)\]*_\p{M}\p{Cf}]*$")
"""How a sentence ends."""


@dataclass(frozen=True)
class Drawn:
    """A reply, and what can be seen without a model."""

    asked: Asked
    reply: Reply

    @property
    def generation(self) -> Generation:
        """The settings it was drawn with."""
        return self.asked.case.generation

    @cached_property
    def messages(self) -> tuple[Message, ...]:
        """What it answers."""
        case = self.asked.case
        return conversation(case, self.asked.persona, len(case.turns) - 1, ())

    @property
    def words(self) -> int:
        """Length in words."""
        return len(words(self.reply.text))

    @property
    def empty(self) -> bool:
        """Whether nothing was said."""
        return not self.reply.text.strip()

    @property
    def cut(self) -> bool:
        """Whether `max_tokens` ended it."""
        return self.reply.finish_reason == "length"

    @property
    def ended(self) -> bool:
        """Whether it came to an end by itself."""
        return not self.cut

    @cached_property
    def breaks_off(self) -> bool:
        """Whether it stopped by itself, but not at the end of a sentence."""
        return not self.cut and not self.empty and is_open(self.reply.text)

    @cached_property
    def loops(self) -> bool:
        """Whether it goes round in circles, as `no_loops` says."""
        return NoLoops().judge(self._exchange).passed is False

    @cached_property
    def falls_apart(self) -> bool:
        """Whether it is word salad by the rules of `coherent`, its trained part aside."""
        return not self.empty and Coherent().by_rules(self._exchange).passed is False

    @property
    def poor(self) -> bool:
        """Whether anything is wrong with its form."""
        return self.empty or self.cut or self.breaks_off or self.loops or self.falls_apart

    @property
    def _exchange(self) -> Exchange:
        asked = self.asked
        return Exchange(asked.persona, asked.case, self.messages, self.reply.text,
                        self.reply.finish_reason)  # fmt: skip


Replies = Mapping[str, Drawn]
"""By the name of what was asked."""


def is_open(text: str) -> bool:
    """Whether a text ends within a sentence, or at least without a closing mark."""
    return CLOSED.search(text.rstrip()) is None or cut_sign(text) is not None


def draw(
    runner: Runner, adapter: WornAdapter, wanted: Mapping[str, Sequence[Asked]]
) -> dict[str, dict[str, Drawn]]:
    """The replies of each set of requests, all in one batch. Raises EngineError."""
    for label, asked in wanted.items():
        runner.enqueue(
            adapter, [(f"{each.name} {label}", each.case, each.persona) for each in asked]
        )
    return {
        label: {each.name: _drawn(runner, adapter, each, label) for each in asked}
        for label, asked in wanted.items()
    }


def _drawn(runner: Runner, adapter: WornAdapter, asked: Asked, label: str) -> Drawn:
    (trial,) = runner.trials(adapter, f"{asked.name} {label}")
    return Drawn(asked, trial.replies[-1])
