"""Cases × trials → requests. A trial is one generated attempt at a case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from persona_eval.fingerprint import digest_text
from persona_eval.models.base import Message, Reply, Request
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case

_DIGITS = 12


@dataclass
class Trial:
    """One attempt at a case: the scripted conversation, filled with replies as they come."""

    case: Case
    persona: Persona
    number: int
    replies: list[Reply] = field(default_factory=list)

    @property
    def asked(self) -> Case:
        """The case in the wording of this trial."""
        return self.case.worded(self.number)

    @property
    def finished(self) -> bool:
        """Whether every reply that has to be generated is there."""
        return len(self.replies) == len(self.case.generated_turns)

    def next_request(self) -> Request | None:
        """The reply that is wanted next, or None when the trial is finished.

        Its key holds case, trial, turn and seed and nothing else, so that trial *n* is the
        same whenever it is drawn and whatever else runs. A paraphrase counts its own trials and
        has its own digest in the key: other wordings, added or taken out, change nothing for it.
        """
        if self.finished:
            return None
        turn = self.case.generated_turns[len(self.replies)]
        key = f"{self.case.id}/{self._draw}/{turn}/{self.case.generation.seed}"
        return Request(key, self.messages(turn), self.case.generation)

    def messages(self, turn: int) -> tuple[Message, ...]:
        """The conversation up to and including the user's message of a turn."""
        return conversation(self.asked, self.persona, turn, self._texts())

    def transcript(self) -> tuple[Message, ...]:
        """All messages so far, without the system turn."""
        done = (
            len(self.case.turns) if self.finished else self.case.generated_turns[len(self.replies)]
        )
        said = _before(self.asked, self.persona, done, self._texts())
        return tuple(message for message in said if message.role != "system")

    @property
    def _draw(self) -> str:
        """Which draw of its wording this trial is."""
        count, wording = divmod(self.number, len(self.case.wordings))
        if wording == 0:
            return f"{count}"
        return f"{count}~{digest_text(self.case.wordings[wording])[:_DIGITS]}"

    def _texts(self) -> list[str]:
        return [reply.text for reply in self.replies]


def conversation(
    case: Case, persona: Persona, turn: int, replies: Sequence[str]
) -> tuple[Message, ...]:
    """Messages up to and including the user's of a turn. Generated replies that are not in
    ``replies`` yet are left out."""
    return (*_before(case, persona, turn, replies), Message("user", case.turns[turn].user))


def _before(case: Case, persona: Persona, turn: int, replies: Sequence[str]) -> Iterator[Message]:
    generated = iter(replies)
    if persona.system_prompt:
        yield Message("system", persona.system_prompt)
    for earlier in case.turns[:turn]:
        yield Message("user", earlier.user)
        answer = next(generated, None) if earlier.assistant is None else earlier.assistant
        if answer is not None:
            yield Message("assistant", answer)
