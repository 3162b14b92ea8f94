"""The shape of what a run says about wordings and long conversations."""

from __future__ import annotations

from persona_eval.drift import Finding
from persona_eval.reports.about_shape import Shape
from persona_eval.suite.fields import Text
from persona_eval.suite.models import ProbeKind

Share = float  # from 0 to 1


class Wording(Shape):
    """How one wording of a prompt did."""

    wording: Text
    passes: int
    trials: int


class Apart(Shape):
    """Mean distance of two replies, 1 − cosine of their vectors."""

    within: float | None
    """Of replies to the same wording."""
    between: float | None
    """Of replies to different wordings."""


class Curve(Shape):
    """Scores of one kind of probe over the turns."""

    kind: ProbeKind
    turns: list[int]
    """Counted from 1."""
    scores: list[Share | None]
    """Mean over the trials."""
    slope: float | None
    """From one turn to the next."""
    change: float | None
    """From the first probe to the last."""
    interval: tuple[float, float] | None
    """95 % of the change, the trial as the unit."""
    repeated: bool
    """Whether questions are asked again, and compared with themselves."""
    max_drop: Share
    finding: Finding
    """`drops`: by more than is allowed. `holds`: by less. `open`: it may be either."""


class Conversations(Shape):
    """A case with `drift`, over all its trials."""

    lines: list[Curve]
