"""Scorer → Score: what an expectation is, once it has a meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from persona_eval.models.base import FinishReason, Message
from persona_eval.suite.card import Persona
from persona_eval.suite.fields import Frozen
from persona_eval.suite.models import Case

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from persona_eval.scorers.trained import Part


@dataclass(frozen=True)
class Score:
    """One judgement. ``passed`` is None when the scorer did not judge, and then ``skipped``
    says why; a skipped score counts neither way."""

    passed: bool | None
    reason: str
    value: float | str | None = None
    limit: float | str | None = None
    skipped: str | None = None
    statistical: bool = False
    """Whether a trained part decided, and not a rule."""

    @classmethod
    def skip(cls, why: str, value: float | str | None = None) -> Score:
        return cls(passed=None, reason=why, value=value, skipped=why)


class Embedder(Protocol):
    """Texts to vectors."""

    @property
    def name(self) -> str:
        """Tells vectors of different models apart."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), dimensions)."""


class Likelihood(Protocol):
    """Mean log-probabilities under a language model."""

    def mean_logprob(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        """Natural logarithm per token, one figure for each reply to these messages."""


@dataclass(frozen=True)
class Tools:
    """What a scorer may use besides the text; None where the run has no such thing."""

    embedder: Embedder | None = None
    """What texts are about; its vectors have length 1."""
    reader: Embedder | None = None
    """How texts are worded: what trained parts look at."""
    grader: Embedder | None = None
    """What a reply does where it stands: log-odds of the behaviours, for texts of passages."""
    likelihood: Likelihood | None = None
    """Under the model that is tested."""
    base_likelihood: Likelihood | None = None
    """Under the base model without an adapter."""
    training_replies: Sequence[str] | None = None
    parts: Mapping[str, Part] | None = None
    """Other trained parts than the package's own, by behaviour: for measuring them."""

    @property
    def makers(self) -> tuple[Embedder | None, ...]:
        """What makes vectors of the texts that each of ``ASKS`` names."""
        return self.embedder, self.reader, self.grader

    @property
    def vectors(self) -> list[str | None]:
        """Names of the makers; None for what is missing."""
        return [maker.name if maker else None for maker in self.makers]


@dataclass(frozen=True)
class Exchange:
    """A reply together with everything it is judged by. ``messages`` is the conversation up
    to and including the user turn that the reply answers."""

    persona: Persona
    case: Case
    messages: tuple[Message, ...]
    reply: str
    finish_reason: FinishReason = "stop"
    tools: Tools = field(default=Tools(), compare=False)

    @property
    def prompt(self) -> str:
        """The user turn that is answered."""
        return self.messages[-1].content


ASKS = ("texts", "wordings", "passages")
"""Methods of a scorer that name what it wants vectors of."""


class Scorer(Frozen):
    """An expectation: its fields are its YAML arguments, its docstring is the help text.

    A subclass names itself, may name the field that the short form fills, refuses what could
    never fail in a validator (``ValueError``), and implements ``judge``. Fourteen lines do:

        class Shouts(Scorer):
            \"\"\"Passes when enough of the letters are capitals.\"\"\"

            name: ClassVar[str] = "shouts"
            short: ClassVar[str] = "at_least"

            at_least: float = Field(gt=0, le=1)
            \"\"\"Share of capital letters.\"\"\"

            def judge(self, exchange: Exchange) -> Score:
                letters = [c for c in exchange.reply if c.isalpha()]
                share = sum(c.isupper() for c in letters) / max(len(letters), 1)
                return Score(share >= self.at_least, f"{share:.0%} capitals", share, self.at_least)
    """

    name: ClassVar[str]
    short: ClassVar[str | None] = None
    calibrated: ClassVar[bool] = False
    """Whether its rules are estimates, so that a misjudged example is a warning (unsure) and not
    an error. Where a trained part decides, that is so anyway."""

    asks_model: ClassVar[bool] = False
    """Whether it asks the tested model, or its base, how likely a reply is."""

    def judge(self, exchange: Exchange) -> Score:
        """Judge one reply. Raise nothing on purpose: what is raised is a scorer error."""
        raise NotImplementedError

    def texts(self, exchange: Exchange) -> Iterable[str]:
        """Texts whose embeddings ``judge`` will ask for, so that they can be made in one batch."""
        return ()

    def wordings(self, exchange: Exchange) -> Iterable[str]:
        """The same for the reader of wording."""
        return ()

    def passages(self, exchange: Exchange) -> Iterable[str]:
        """The same for the grader."""
        return ()

    def applies_to(self, case: Case) -> str | None:
        """Why this expectation cannot judge this case (an error at load), or None."""
        return None

    def in_pack(self) -> Scorer:
        """The same as a member of a default pack, all of which have to pass."""
        return self

    @classmethod
    def from_argument(cls, argument: Any) -> Scorer:
        """Build from the YAML argument: None (bare name), a mapping of options, or the short
        form. Raises pydantic.ValidationError, or TypeError where there is no short form."""
        if argument is None:
            return cls()
        if isinstance(argument, dict):
            return cls.model_validate(argument)
        if cls.short is None:
            raise TypeError(f"`{cls.name}` takes no argument, or a mapping of options")
        return cls.model_validate({cls.short: argument})
