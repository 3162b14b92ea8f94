"""The shape of ``--persona-json``, from which its JSON Schema is made: docs/run.schema.json.

A key that is missing here is found by a test that holds a real run against it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from persona_eval.compare import Status
from persona_eval.reports.about_shape import About, Fingerprinted, Shape
from persona_eval.reports.machine import SCHEMA_VERSION
from persona_eval.reports.steady_shape import Apart, Conversations, Share, Wording
from persona_eval.results import Label
from persona_eval.suite.fields import Text
from persona_eval.suite.models import CategoryName
from persona_eval.suite.policy import GatePolicy

DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Summary(Shape):
    """The cases of a category, or `all`."""

    category: CategoryName | Literal["all"]
    cases: int = Field(ge=1)
    trials: int = Field(ge=1)
    rate: Share = Field(ge=0, le=1)
    """Mean of the cases' pass rates."""
    interval: tuple[Share, Share]
    """95 %, the case as the unit."""
    probes: Share | None
    controls: Share | None
    balanced: Share | None
    """Mean of probes and controls."""
    failed: int
    prefers: Share | None
    copied: Share | None
    """Share of the passing trials that repeat a training reply."""


class OverlapFound(Shape):
    """What a trial's reply has in common with the nearest training reply."""

    share: Share
    words: int
    place: str | None
    copied: bool


class CaseRow(Shape):
    """A case with one adapter."""

    case: Text
    """`folder/file::id`."""
    category: CategoryName
    control: bool
    label: Label
    passed: bool
    rate: Share = Field(ge=0, le=1)
    trials: list[bool] = Field(min_length=1)
    """True for a pass, in the order of drawing."""
    saved: int
    """Trials that could have changed nothing."""
    prefers: bool | None
    copied: Share | None
    overlaps: list[OverlapFound] | None
    again: Share | None
    """Chance that another run passes the case; none for one with `drift`."""
    luck: str | None
    """Why it passes by luck."""
    wordings: list[Wording]
    """Empty where there is one."""
    spread: Apart | None
    drift: Conversations | None


class AdapterRows(Shape):
    """The results of an adapter."""

    adapter: Text
    summaries: list[Summary]
    cases: list[CaseRow]


class Decision(Shape):
    """Of a gate."""

    passed: bool
    reasons: list[str]
    """What closes it."""
    notes: list[str]
    next: str
    """What to do now."""
    policy: GatePolicy


class Accepted(Shape):
    """The baseline."""

    model: Fingerprinted
    adapter: Fingerprinted
    accepted: str
    """Day, as YYYY-MM-DD."""
    run: int
    commit: str | None
    version: str


class Trials(Shape):
    """How many trials a case gets, and what they must show."""

    least: int
    most: int
    pass_rate: Share
    undecided_apart: bool


class Overlap(Shape):
    """As in the rows of the cases."""

    share: Share
    words: int
    place: str | None


class Result(Shape):
    """A case's trials on one side of a comparison."""

    suite: str
    case_id: str
    category: CategoryName
    control: bool
    outcomes: list[bool]
    design: Trials
    prefers: bool | None
    overlaps: list[Overlap] | None
    wordings: list[str]
    spread: Apart | None
    drift: Conversations | None


class Side(Shape):
    """A case on one side of a comparison."""

    result: Result
    fingerprint: str
    expectations: list[str]
    replies: list[list[str]]
    """By trial and turn."""
    extra: list[bool]
    """Trials drawn to confirm a flip."""
    otherwise: int
    """Trials that are judged otherwise than when they were accepted."""


class Flip(Shape):
    """A case on both sides of a comparison, or on one."""

    case: str
    category: CategoryName
    status: Status
    confirmed: bool
    lost_expectations: list[str]
    difference: float | None
    before: Side | None
    after: Side | None


class PValues(Shape):
    """Exact, of the sum of the differences."""

    worse: float
    better: float
    different: float


class Changed(Shape):
    """How a category, or the whole, changed over the pairs."""

    category: CategoryName | Literal["all"]
    pairs: int
    before: Share
    after: Share
    difference: float
    interval: tuple[float, float]
    """95 % of the difference."""
    test: PValues
    p_worse: float
    p_better: float
    copied: tuple[Share | None, Share | None]


class Compared(Shape):
    """A run beside its baseline."""

    before: str
    after: str
    counts: dict[Status, int]
    all: Changed | None
    categories: list[Changed]
    smallest_detectable_drop: float | None
    cases: list[Flip]


class Gate(Shape):
    """The gate of a character."""

    folder: str
    persona: str
    engine: str
    baseline: Accepted | None
    left_out: int
    """Cases that were not run."""
    others: list[str]
    """Suite files that were not looked at."""
    decision: Decision
    comparison: Compared | None


class Error(Shape):
    """What could not be judged."""

    node: str
    error: str


class RunReport(Shape):
    """A run of `pytest`, as `--persona-json` writes it."""

    version: Literal[1] = Field(alias="schema")
    """Rises when a key changes its meaning or goes; new keys may come without that."""
    run: int | None
    """Its number in the store."""
    exit_status: int
    passed: bool
    finished: bool
    about: About | None
    adapters: list[AdapterRows]
    """The candidate first."""
    gates: list[Gate]
    errors: list[Error]


def run_schema() -> dict[str, Any]:
    """JSON Schema of a run."""
    made = RunReport.model_json_schema()
    for part in (made, *made["$defs"].values()):
        part.pop("title", None)
        part.pop("additionalProperties", None)
        for field in part["properties"].values():
            field.pop("title", None)
    title = f"A run of persona-eval, version {SCHEMA_VERSION}"
    whole: dict[str, Any] = {"$schema": DIALECT, "title": title, **made}
    return whole


def write_run_schema(path: Path) -> None:
    """Write it as a file."""
    text = json.dumps(run_schema(), indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
