"""What is asked: prompts of the suites, else of the data, else built-in ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from persona_eval.choosing import choose_cases
from persona_eval.models.base import Message
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Suite, Turn
from persona_eval.training.corpus import Conversation
from persona_eval.training.fingerprint import Sources
from persona_eval.training.recipe import SuiteChoice

PROMPTS = 24
"""As many replies as tell a share of one in six from one in twenty."""
Origin = Literal["suites", "validation data", "training data", "built-in prompts"]

BUILT_IN = (
    ("Hello! Who are you?", "Hello! I am happy to talk with you. What would you like to know?"),
    ("What did you do today?", "I went for a walk in the park and read a book. It was a quiet day."),
    ("What is your favourite food?", "I like soup best, with bread that is still warm."),
    ("Tell me about your best friend.", "My best friend is kind and patient. We laugh a lot."),
    ("I feel sad today.", "I am sorry to hear that. Do you want to tell me what happened?"),
    ("What is the capital of France?", "The capital of France is Paris."),
    ("Can you help me with my homework?", "I can try. What is it about?"),
    ("Why is the sky blue?", "Because air scatters blue light more than red light."),
    ("What do you do when it rains?", "I stay at home, make tea and listen to the rain."),
    ("Do you like animals?", "Yes, I do. Dogs most of all, because they are always glad."),
    ("What are you afraid of?", "Of the dark, a little. Everybody is afraid of something."),
    ("Tell me a short story.", "A bird lost its way. The wind turned, and carried it home."),
    ("What time do you get up?", "Early. I like the morning, before anybody else is awake."),
    ("How do I make new friends?", "Begin with a smile and a question. The rest comes by itself."),
    ("It broke again!", "Oh no. What broke, and what were you doing when it happened?"),
    ("Good night!", "Good night! Sleep well, and see you tomorrow."),
)  # fmt: skip
"""Everyday words of a user, each with a plain reply."""


@dataclass(frozen=True)
class Asked:
    """A case with one reply to be generated, under a name that is unique."""

    name: str
    case: Case
    persona: Persona

    def changed(self, **settings: Any) -> Asked:
        """The same draws under other settings."""
        generation = self.case.generation.model_copy(update=settings)
        return Asked(
            self.name, self.case.model_copy(update={"generation": generation}), self.persona
        )


@dataclass(frozen=True)
class Prompts:
    """What is asked, and where it was found."""

    origin: Origin
    asked: tuple[Asked, ...]


def prompts(suites: Sequence[Suite], sources: Sources | None, count: int = PROMPTS) -> Prompts:
    """At most so many prompts, spread over the first of these that holds any."""
    if found := _of_suites(suites, count):
        return Prompts("suites", found)
    if sources and sources.valid:
        return Prompts("validation data", _of_data(sources.valid, count))
    if sources and sources.train:
        return Prompts("training data", _of_data(sources.train, count))
    return Prompts("built-in prompts", _of_data(built_in(), count))


def built_in() -> list[Conversation]:
    """The built-in exchanges as conversations."""
    from pathlib import Path

    return [
        Conversation((Message("user", asked), Message("assistant", reply)), Path("built-in"), line)
        for line, (asked, reply) in enumerate(BUILT_IN, 1)
    ]


def spread(conversations: Sequence[Conversation], count: int) -> list[Conversation]:
    """So many, at even distances."""
    if len(conversations) <= count:
        return list(conversations)
    return [conversations[number * len(conversations) // count] for number in range(count)]


def _of_suites(suites: Sequence[Suite], count: int) -> tuple[Asked, ...]:
    """In turn from each category and its controls; the first generated turn of each case."""
    if not any(case.skip is None for suite in suites for case in suite.cases):
        return ()
    chosen = choose_cases(suites, SuiteChoice(path="suites", cases=count), seed=0)
    return tuple(Asked(each.name, _first(each.case), each.suite.persona) for each in chosen)


def _first(case: Case) -> Case:
    """One trial of the case as far as its first generated reply: its key is that of a run, so
    that the reply of a run is taken from the store."""
    turn = next(iter(case.generated_turns), len(case.turns) - 1)
    last = case.turns[turn].model_copy(update={"assistant": None})
    return case.model_copy(update={"turns": (*case.turns[:turn], last), "trials": 1})


def _of_data(conversations: Sequence[Conversation], count: int) -> tuple[Asked, ...]:
    return tuple(_asked(each) for each in spread(conversations, count))


def _asked(conversation: Conversation) -> Asked:
    """The first words of a conversation, to be answered anew."""
    messages = conversation.messages
    system = messages[0].content if messages[0].role == "system" else None
    first = next(message.content for message in messages if message.role == "user")
    case = Case(id=f"line-{conversation.line}", category="in_character", turns=(Turn(user=first),),
                trials=1, line=conversation.line)  # fmt: skip
    persona = Persona(name="the character", system_prompt=system)
    return Asked(f"{conversation.path}:{conversation.line}", case, persona)
