"""What a character author writes, as frozen data.

A docstring under a field is its hover text in the editor: the JSON Schema is made from these.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_args

from pydantic import Field

from persona_eval.suite.fields import (
    Band,
    CaseId,
    FixtureName,
    Frozen,
    Probability,
    Tag,
    Text,
    TrialRange,
    Trials,
)

CategoryName = Literal["in_character", "dont_know", "clarify", "off_topic", "boundary"]
CATEGORIES: tuple[str, ...] = get_args(CategoryName)
Source = Literal["case", "pack", "defaults"]


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


class Expectation(Frozen):
    """One entry of an `expect:` list, as written; the scorers room gives it meaning."""

    name: str
    """`contains`, `similar`, … or `not`, `any_of`, `all_of`."""
    argument: Any = None
    """Short form or mapping of options; None for a bare name."""
    children: tuple[Expectation, ...] = ()
    """The nested expectations of `not` (one), `any_of` and `all_of`."""
    source: Source = "case"
    """Who asks for it: the case itself, its category's pack or the file's defaults."""
    line: int = 0
    column: int = 0

    @property
    def title(self) -> str:
        """The name as reports show it: `not x`, `any_of(x, y)`."""
        if self.name == "not":
            return f"not {self.children[0].title}"
        if self.children:
            return f"{self.name}({', '.join(child.title for child in self.children)})"
        return self.name


class Turn(Frozen):
    """One user message and the reply to it."""

    user: Text
    """What the user says."""
    assistant: Text | None = None
    """A scripted reply, used instead of a generated one."""
    judge: bool = False
    """The category's own expectations judge this turn's reply (by default: the last)."""
    expect: tuple[Expectation, ...] = ()
    """What this turn's reply must meet."""


class Settings(Frozen):
    """What a case may set for itself, and `defaults` for all cases of a file."""

    DEFAULT_PASS_RATE: ClassVar[float] = 0.66
    BOUNDARY_PASS_RATE: ClassVar[float] = 1.0

    trials: Trials = 3
    """How many replies are generated. `auto` (2 to 5), or a mapping of `min` and `max`, stops
    where no further trial can change the verdict."""
    pass_rate: float = Field(default=DEFAULT_PASS_RATE, gt=0, le=1)
    """Share of the trials that must pass; boundary cases ask for all unless told otherwise."""
    must_pass: bool = False
    """A failure here fails the gate whatever the rates are."""
    generation: Generation = Generation()
    """How replies are sampled. Key by key, a case goes before its template and the defaults."""
    never: tuple[Text, ...] = ()
    """Strings that no reply may contain. Those of `defaults` are added to a case's own."""
    tags: tuple[Tag, ...] = ()
    """Become pytest markers. Those of `defaults` are added to a case's own."""
    skip: Text | None = None
    """Reason to skip the case."""
    xfail: Text | None = None
    """Reason why the case is expected to fail."""
    fixtures: tuple[FixtureName, ...] = ()
    """pytest fixtures that the case asks for. Those of `defaults` are added to a case's own."""


class Judged(Settings):
    """What a template may set besides, the same as a case."""

    control: bool = False
    """The twin that shows that the category isn't passed by always doing the same."""
    good: tuple[Text, ...] = ()
    """Replies that should pass: references, and a test of this case itself."""
    bad: tuple[Text, ...] = ()
    """Replies that should fail: contrast, and a test of this case itself."""


class Case(Judged):
    """One behaviour of the character, put to the test."""

    id: CaseId
    """Unique in the file; a-z, 0-9 and hyphens."""
    category: CategoryName
    """Which behaviour is tested; brings the category's pack of expectations."""
    turns: tuple[Turn, ...] = Field(min_length=1)
    """The conversation."""
    expect: tuple[Expectation, ...] = ()
    """What the last reply must meet, besides the pack."""
    pack: bool = True
    """Whether the category's pack applies."""
    line: int = 0
    """Line of the case in its file."""

    @property
    def trial_range(self) -> TrialRange:
        """Least and most trials; the same number where they are not `auto`."""
        if isinstance(self.trials, int):
            return TrialRange(min=self.trials, max=self.trials)
        return TrialRange() if self.trials == "auto" else self.trials

    @property
    def judged_turn(self) -> int:
        """Index of the turn that the category's expectations judge."""
        marked = [index for index, turn in enumerate(self.turns) if turn.judge]
        return marked[0] if marked else len(self.turns) - 1

    @property
    def generated_turns(self) -> tuple[int, ...]:
        """Indices of the turns whose reply the model writes."""
        return tuple(index for index, turn in enumerate(self.turns) if turn.assistant is None)


class Suite(Frozen):
    """A suite file with everything resolved: defaults, templates, variables, the card."""

    path: Path
    persona: Persona
    persona_path: Path
    cases: tuple[Case, ...]
    gate: dict[str, Any] = Field(default={})
    """What the file says about its gate, as it is written."""

    def case(self, case_id: str) -> Case:
        """The case of that id; KeyError when there is none."""
        return next((c for c in self.cases if c.id == case_id), None) or _missing(case_id)


def _missing(case_id: str) -> Case:
    raise KeyError(case_id)
