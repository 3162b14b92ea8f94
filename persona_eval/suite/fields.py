"""Building blocks of what authors write: checked texts, numbers and ranges."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, model_validator
from pydantic import Tag as Form

# Markers that pytest gives a meaning of its own, and words of its `-m` expressions.
RESERVED_TAGS = frozenset(
    {"and", "or", "not", "None", "True", "False", "skip", "skipif", "xfail", "usefixtures"}
    | {"parametrize", "filterwarnings"}
)


def _not_reserved(tag: str) -> str:
    if tag in RESERVED_TAGS:
        raise ValueError(f"`{tag}` means something else to pytest: choose another tag")
    return tag


Text = Annotated[str, Field(pattern=r"\S")]
CaseId = Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$"), AfterValidator(_not_reserved)]
FixtureName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class Frozen(BaseModel):
    """Immutable, and closed to keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Band(Frozen):
    """A range of counts, both ends included."""

    min: float | None = Field(default=None, ge=0)
    """Smallest value that passes."""
    max: float | None = Field(default=None, ge=0)
    """Largest value that passes."""

    @model_validator(mode="after")
    def _can_be_missed(self) -> Self:
        if not self.min and self.max is None:
            raise ValueError("every reply is in this band: give a `max`, or a `min` above 0")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(
                f"no reply is in this band: `min` {self.min:g} is above `max` {self.max:g}"
            )
        return self

    def holds(self, value: float) -> bool:
        return (self.min is None or value >= self.min) and (self.max is None or value <= self.max)


Probability = Annotated[float, Field(gt=0, lt=1)]


class TrialRange(Frozen):
    """Trials that are drawn only while they can still decide something."""

    min: int = Field(default=2, ge=1)
    """So many are always drawn."""
    max: int = Field(default=5, ge=1)
    """The verdict is the one that this many trials would give."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"`min` {self.min} is above `max` {self.max}")
        return self


def _form_of_trials(value: Any) -> str:
    if isinstance(value, dict | TrialRange):
        return "<range>"
    return "<auto>" if isinstance(value, str) and not value.isdecimal() else "<number>"


Trials = Annotated[
    Annotated[int, Field(ge=1), Form("<number>")]
    | Annotated[Literal["auto"], Form("<auto>")]
    | Annotated[TrialRange, Form("<range>")],
    Discriminator(_form_of_trials),
]
