"""The files as an author may write them, before templates, defaults and variables are resolved.

These models are read three ways: they check what is written, name the keys that are allowed,
and become the JSON Schema with its hover texts. They build on the models of what is resolved.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    Tag,
    WithJsonSchema,
)

from persona_eval.suite.card import Persona, Voice
from persona_eval.suite.fields import CaseId, Frozen, Text
from persona_eval.suite.models import CategoryName, Drift, Judged, Settings, Turn
from persona_eval.suite.policy import GatePolicy

# The default of optional keys, for which no null may be written: pydantic checks no defaults,
# and nobody reads this one, since resolving works on the keys that are there.
_UNSET: Any = None


def _number_as_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


VariableName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
VariableValue = Annotated[
    Text, BeforeValidator(_number_as_text), WithJsonSchema({"type": ["string", "integer"]})
]
VariableValues = Annotated[
    tuple[VariableValue, ...],
    Field(min_length=1, description="What stands for this name in braces, one at a time."),
]


class SamplesFrom(Frozen):
    """Samples that are read from training data."""

    file: Text = Field(alias="from")
    """Chat JSONL, relative to this card: its assistant turns are the samples."""


def _sample_kind(value: Any) -> str:
    return "<from>" if isinstance(value, dict) else "<text>"


Sample = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[SamplesFrom, Tag("<from>")],
    Discriminator(_sample_kind),
]
Samples = Annotated[
    Annotated[tuple[Sample, ...], Tag("<text>")] | Annotated[SamplesFrom, Tag("<from>")],
    Discriminator(_sample_kind),
]


class WrittenVoice(Voice):
    """How the character talks."""

    samples: Samples = ()  # type: ignore[assignment]  # wider than what it resolves to
    """Sentences in the character's voice: 20 or more are good, 5 suffice with a warning.
    `from: FILE.jsonl` takes the assistant turns of training data."""


class WrittenPersona(Persona):
    """The character card."""

    voice: WrittenVoice = WrittenVoice()
    """How the character talks: samples, catchphrases, and how long and how simply."""


class WrittenExpectation(RootModel[Any]):
    """A bare name, or a one-key mapping from a name to its argument. What is allowed here is
    the vocabulary's to say."""

    model_config = ConfigDict(frozen=True)


Expectations = Annotated[tuple[WrittenExpectation, ...], Field(min_length=1)]


class WrittenTurn(Turn):
    """One user message and the reply to it."""

    expect: Expectations = ()  # type: ignore[assignment]  # not yet resolved
    """What this turn's reply must meet."""


def _filler_kind(value: Any) -> str:
    return "<turn>" if isinstance(value, dict | WrittenTurn) else "<text>"


Filler = Annotated[
    Annotated[Text, Tag("<text>")] | Annotated[WrittenTurn, Tag("<turn>")],
    Discriminator(_filler_kind),
]


class WrittenDrift(Drift):
    """A long conversation, in which voice and facts must not fade."""

    filler: tuple[Filler, ...] = Field(default=_UNSET, min_length=1)
    """What the user says between the probes, in this order, round and round. With `assistant:` the
    reply is given, which saves time."""
    probes: tuple[Filler, ...] = Field(default=_UNSET, min_length=1)
    """What the user asks to see a score: a text alone probes the voice, one with `expect` a fact.
    With this the case needs no `turns`."""
    every: int = Field(default=3, ge=1)
    """Every so many turns there is a probe."""
    rounds: int = Field(default=3, ge=1)
    """How often the list of probes is gone through. From 2 on each probe is compared with itself."""


class Defaults(Settings):
    """What holds for every case of the file that doesn't say otherwise."""

    pack: Literal["none"] = _UNSET
    """`none` switches the category's pack of expectations off."""
    expect: Expectations = ()
    """What the last reply must meet, besides the pack. Those of `defaults` are added to a
    case's own."""


class Template(Defaults, Judged):
    """A partial case: a case that says `use:` has these keys, save those it writes itself."""

    category: CategoryName = _UNSET
    """Which behaviour is tested; brings the category's pack of expectations."""
    prompt: Text = _UNSET
    """What the user says: short for a single turn."""
    turns: tuple[WrittenTurn, ...] = Field(default=(), min_length=1)
    """A conversation of several user turns; the last reply is always generated."""
    drift: WrittenDrift = _UNSET
    """Makes the case a long conversation that fails where voice or facts are shown to fade."""
    vars: dict[VariableName, VariableValues] = Field(default=_UNSET, min_length=1)
    """Values for `{name}` in prompt, paraphrases, turns, drift, good, bad, never and expect: the
    case becomes one case for each combination. `{{name}}` stays as it is, with single braces."""


class WrittenCase(Template):
    """One behaviour of the character, put to the test."""

    model_config = ConfigDict(
        json_schema_extra={
            "allOf": [
                {"anyOf": [{"required": ["category"]}, {"required": ["use"]}]},
                {
                    "anyOf": [
                        {"required": ["prompt"]},
                        {"required": ["turns"]},
                        {"required": ["drift"]},
                        {"required": ["use"]},
                    ]
                },
                {"if": {"required": ["prompt"]}, "then": {"properties": {"turns": False}}},
            ]
        }
    )

    id: CaseId
    """Unique in the file; a-z, 0-9 and hyphens."""
    use: Text = _UNSET
    """Name of a template."""


class WrittenSuite(Frozen):
    """A suite of cases for one character."""

    persona: Text
    """The character card, relative to this file."""
    defaults: Defaults = Defaults()
    """What holds for every case that doesn't say otherwise."""
    templates: dict[str, Template] = Field(default={})
    """Partial cases by name, for cases to `use`."""
    gate: GatePolicy = _UNSET
    """When this character may ship. Its suites share one policy; `pyproject.toml` holds what is
    the same for all characters."""
    cases: tuple[WrittenCase, ...] = Field(min_length=1)
    """The cases, run in this order."""
