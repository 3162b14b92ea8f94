"""A conversation with the character, any reply of which can become a case of its suites."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

from persona_eval.errors import EngineError, PersonaEvalError, ProblemsError, SuiteError
from persona_eval.lint.coverage import SHOWN_BY
from persona_eval.lint.prompts import CATEGORIES as SORTS
from persona_eval.lint.prompts import Sort, sorts_of
from persona_eval.models.base import Message, Model, Reply, Request
from persona_eval.scorers.base import Exchange, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.selfcheck import check_examples
from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.case_file import add_case
from persona_eval.suite.expand import slug
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, CategoryName, Suite, Turn

FIRST: tuple[Sort, ...] = ("alarming", "unknown", "unclear", "outside")
"""Which sort of a prompt counts when it is of several."""
ID_WORDS = 5


@dataclass
class Said:
    """A prompt with its last reply, and the replies to it that were called good or bad."""

    prompt: str
    reply: Reply
    attempt: int = 0
    marks: dict[str, bool] = field(default_factory=dict)


class Chat:
    """A conversation under way."""

    def __init__(
        self,
        model: Model,
        system: str | None,
        generation: Generation,
        on_step: Callable[[], None] = lambda: None,
    ):
        """The model wears what it is to wear. ``on_step`` is called as a reply is made."""
        self.said: list[Said] = []
        self._model = model
        self._system = system
        self._generation = generation
        self._on_step = on_step

    def say(self, prompt: str) -> Reply:
        """The model's reply. Raises EngineError, and then nothing was said."""
        self.said.append(Said(prompt, self._reply(self.said, prompt, 0)))
        return self.said[-1].reply

    def again(self) -> Reply:
        """Another reply to the last prompt, in place of the one there. Something was said."""
        last = self.said[-1]
        last.reply = self._reply(self.said[:-1], last.prompt, last.attempt + 1)
        last.attempt += 1
        return last.reply

    def mark(self, good: bool) -> None:
        """Call the last reply good or bad: the last word on a text counts."""
        last = self.said[-1]
        last.marks[last.reply.text] = good

    def case(self, case_id: str, category: CategoryName, control: bool) -> Case:
        """The conversation as a case that judges the reply to its last prompt."""
        *earlier, last = self.said
        turns = [Turn(user=each.prompt, assistant=each.reply.text) for each in earlier]
        return Case(
            id=case_id, category=category, control=control,
            turns=(*turns, Turn(user=last.prompt)),
            good=tuple(text for text, good in last.marks.items() if good),
            bad=tuple(text for text, good in last.marks.items() if not good),
        )  # fmt: skip

    def messages(self, said: Iterable[Said], prompt: str) -> tuple[Message, ...]:
        """What the model is sent."""
        system = [Message("system", self._system)] if self._system else []
        for each in said:
            system += [Message("user", each.prompt), Message("assistant", each.reply.text)]
        return (*system, Message("user", prompt))

    def _reply(self, said: list[Said], prompt: str, attempt: int) -> Reply:
        """Keyed by its place, so that a conversation that is had again goes the same way."""
        key = f"chat/{attempt}/{len(said)}/{self._generation.seed}"
        batch = self._model.open()
        try:
            batch.submit([Request(key, self.messages(said, prompt), self._generation)])
            while batch.pending:
                for _, outcome in batch.step():
                    if isinstance(outcome, EngineError):
                        raise outcome
                    return outcome
                self._on_step()
        finally:
            batch.close()
        raise EngineError("the model has nothing left to do, but gave no reply")


def likely_category(chat: Chat, persona: Persona) -> CategoryName:
    """What the last exchange is likely a case of: by the words of its prompt, else by what the
    reply shows. A guess for somebody to look at."""
    *earlier, last = chat.said
    (sorts,) = sorts_of([last.prompt], persona)
    found = next((sort for sort in FIRST if sort in sorts), None)
    if found is None:
        turn = Case(id="chat", category="in_character", turns=(Turn(user=last.prompt),))
        messages = chat.messages(earlier, last.prompt)
        exchange = Exchange(persona, turn, messages, last.reply.text)
        shown = (sort for sort, scorer in SHOWN_BY.items() if scorer.by_rules(exchange).passed)
        found = next(shown, None)
    name = SORTS[found][0] if found else "in_character"
    return next(each for each in get_args(CategoryName) if each == name)


def likely_id(prompt: str) -> str:
    """An id of the first words of a prompt."""
    return "-".join(slug(re.sub("['’]", "", prompt)).split("-")[:ID_WORDS]) or "case"


def suite_for(category: str, suites: Sequence[Suite]) -> Path:
    """Where a case of this category belongs: the suite that is named after it, else the one with
    most of its cases, else one that is still to be begun. There is at least one suite."""
    named = suites[0].persona_path.parent / f"{category}.suite.yaml"
    if named.is_file():
        return named
    counts = {suite.path: sum(c.category == category for c in suite.cases) for suite in suites}
    best = max(counts, key=lambda path: counts[path])
    return best if counts[best] else named


def keep(case: Case, path: Path, card: Path, registry: Registry) -> None:
    """Add a case to a suite of the character with this card. Raises PersonaEvalError, and leaves
    the suite as it was, where the suite could not be used with it."""

    def prove(copy: Path) -> None:
        try:
            suite = load_suite(copy, registry)
        except ProblemsError as error:
            raise SuiteError(replace(problem, path=path) for problem in error.problems) from None
        found = check_examples(suite, registry, Tools(), exact_only=True)
        wrong = [each.message for each in found if each.case_id == case.id and each.kind == "error"]
        if wrong:
            raise PersonaEvalError(f"{path} was not changed: {'; '.join(wrong)}")

    add_case(path, case, prove, card.name)
