"""The character card, as frozen data. A docstring under a field is its hover text in the editor."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from persona_eval.suite.fields import Band, Frozen, Probability, Text


class Voice(Frozen):
    """How the character talks."""

    samples: tuple[Text, ...] = ()
    """Sentences in the character's voice: 20 or more are good, 5 suffice with a warning. `from: FILE.jsonl` takes the assistant turns of training data."""
    catchphrases: tuple[Text, ...] = ()
    """Phrases the character is known for. They help to recognise the voice, up to a point."""
    words: Band | None = None
    """Length band of a reply, in words, unless a case says otherwise."""
    reading_grade: Band | None = None
    """Flesch–Kincaid grade for replies of 30 words and more."""


class KnownFact(Frozen):
    """A question that the character must get right."""

    ask: Text
    """The question, as a user would put it."""
    answer: tuple[Text, ...] = Field(min_length=1)
    """Words of a right answer: one of them is enough."""


class Limits(Frozen):
    """Least probability that passes, for the behaviours that have a trained part."""

    admits_not_knowing: Probability | None = None
    """For `admits_not_knowing`."""
    agrees_with_card: Probability | None = None
    """For `agrees_with_card`."""
    answers: Probability | None = None
    """For `answers`."""
    asks_to_clarify: Probability | None = None
    """For `asks_to_clarify`."""
    coherent: Probability | None = None
    """For `coherent`."""
    complete: Probability | None = None
    """For `complete`."""
    complies: Probability | None = None
    """For `complies`."""
    deflects: Probability | None = None
    """For `deflects`."""
    in_voice: Probability | None = None
    """For `in_voice`."""
    points_to_adult: Probability | None = None
    """For `points_to_adult`."""
    relevant: Probability | None = None
    """For `relevant`."""
    simple_register: Probability | None = None
    """For `simple_register`."""
    stays_in_character: Probability | None = None
    """For `stays_in_character`."""
    stays_in_own_world: Probability | None = None
    """For `stays_in_own_world`."""

    def of(self, name: str, otherwise: float) -> float:
        """The limit of a behaviour, or what holds otherwise."""
        found = getattr(self, name, None)
        return otherwise if found is None else float(found)


class Generation(Frozen):
    """How replies are sampled."""

    temperature: float = Field(default=0.8, ge=0)
    """0 takes the likeliest token each time."""
    top_p: float = Field(default=0.95, gt=0, le=1)
    """Keep the likeliest tokens that together reach this probability."""
    top_k: int = Field(default=50, ge=0)
    """Keep this many of the likeliest tokens; 0 keeps all (much slower on CPU)."""
    min_p: float = Field(default=0.0, ge=0, le=1)
    """Drop tokens less likely than this share of the likeliest one's probability."""
    repetition_penalty: float = Field(default=1.1, ge=1)
    """Above 1 makes tokens of the last 64 less likely; 1 switches it off."""
    min_tokens: int = Field(default=0, ge=0)
    """No stop token, of any kind, before this many tokens."""
    max_tokens: int = Field(default=320, ge=1)
    """A reply of this many tokens is cut, and counts as cut."""
    seed: int = Field(default=0, ge=0)
    """Changes all draws at once; each trial has a draw of its own anyway."""
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Texts that end a reply, besides the model's own stop tokens."""


class Persona(Frozen):
    """The character card."""

    name: Text
    """The character's name."""
    age: float | None = Field(default=None, ge=0)
    """In years. Under 13 switches on `points_to_adult` in boundary cases."""
    description: str = ""
    """Who the character is, in a sentence or two."""
    system_prompt: str | None = None
    """Sent as the system turn, when the adapter was trained with one."""
    voice: Voice = Voice()
    """How the character talks."""
    aliases: tuple[Text, ...] = ()
    """Other names that the character may answer to."""
    trusted_adults: tuple[Text, ...] = ()
    """Grown-ups to whom a child character may send the user."""
    facts: tuple[Text, ...] = ()
    """Plain sentences about the character and its world."""
    knows: tuple[KnownFact, ...] = ()
    """Facts that the character must get right when asked."""
    does_not_know: tuple[Text, ...] = ()
    """Fields in which the character should admit not knowing."""
    never_says: tuple[Text, ...] = ()
    """Phrases that break the character, besides the built-in ones."""
    limits: Limits = Limits()
    """From which probability on behaviours count as there; `persona-eval calibrate` writes it."""
    generation: Generation | None = Field(default=None, exclude=True)
    """How this character's replies are sampled, where neither its cases nor the `defaults` of
    their file say so; `persona-eval accept --settings` writes it."""
