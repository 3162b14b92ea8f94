"""What a character author writes, as frozen data.

A docstring under a field is its hover text in the editor: the JSON Schema is made from these.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.fields import (
    CaseId,
    FixtureName,
    Frozen,
    Tag,
    Text,
    TrialRange,
    Trials,
)

CategoryName = Literal["in_character", "dont_know", "clarify", "off_topic", "boundary"]
CATEGORIES: tuple[str, ...] = get_args(CategoryName)
Source = Literal["case", "pack", "defaults"]
ProbeKind = Literal["style", "fact"]


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
    probe: ProbeKind | None = None
    """In a case with `drift`: `style` scores the reply by `in_voice`, `fact` by the turn's own
    `expect`."""


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
    paraphrases: tuple[Text, ...] = Field(default=(), min_length=1)
    """Other wordings of what the user says last. The trials go round them: each wording gets
    `trials` trials (the least number, where that is a range)."""


class Drift(Frozen):
    """A long conversation, in which voice and facts must not fade."""

    max_drop: float = Field(default=0.1, gt=0, le=1)
    """How far a score may fall from the first probe to the last: 0.1 is ten points of a hundred.
    The case fails where more than that is shown."""


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
    drift: Drift | None = None
    """What a long conversation may lose; None in every other case."""
    line: int = 0
    """Line of the case in its file."""

    @property
    def trial_range(self) -> TrialRange:
        """Least and most trials; the same number where they are not `auto`.

        Nor is a case stopped early that has several wordings, each of which is to weigh the same,
        or a slope to be estimated: an interval that is looked at again and again promises too much.
        """
        drawn = self._written_range
        if self.drift:
            return TrialRange(min=drawn.max, max=drawn.max)
        if self.paraphrases:
            each = drawn.min * len(self.wordings)
            return TrialRange(min=each, max=each)
        return drawn

    @property
    def _written_range(self) -> TrialRange:
        if isinstance(self.trials, int):
            return TrialRange(min=self.trials, max=self.trials)
        return TrialRange() if self.trials == "auto" else self.trials

    @property
    def wordings(self) -> tuple[str, ...]:
        """All wordings of what the user says last, the case's own first."""
        return (self.turns[-1].user, *self.paraphrases)

    def worded(self, trial: int) -> Case:
        """The case as a trial asks it, counted from 0: trials go round the wordings."""
        wording = trial % len(self.wordings)
        if wording == 0:
            return self
        last = self.turns[-1].model_copy(update={"user": self.wordings[wording]})
        return self.model_copy(update={"turns": (*self.turns[:-1], last)})

    def with_trials(self, least: int, most: int) -> Case:
        """The case with so many trials over all its wordings."""
        count = len(self.wordings)
        drawn = TrialRange(min=max(1, least // count), max=max(1, most // count))
        return self.model_copy(update={"trials": drawn})

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
