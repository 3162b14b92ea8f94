"""The shape of what is written down about a run besides its results: a part of ``run_shape``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from persona_eval.suite.fields import Text
from persona_eval.suite.policy import GatePolicy


class Shape(BaseModel):
    """Open to keys that later versions add."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Fingerprinted(Shape):
    """A model or an adapter by its weights."""

    name: Text
    fingerprint: Text


class AdapterFacts(Shape):
    """An adapter as it was worn."""

    fingerprint: str
    """Of the weights; of the base it is always the same."""
    folder: str | None
    data: str | None
    """Digest of the training data, where it was trained by persona-eval."""
    recipe: str | None
    examples: int | None


class SuiteFacts(Shape):
    """A suite's file and card."""

    path: str
    card: str
    digest: str


class JudgedBy(Shape):
    """What the verdicts rest on."""

    code: str
    """Digest of the scorers."""
    vectors: list[str | None]
    """Names of the embedder, the reader and the grader."""


class Host(Shape):
    """The machine."""

    name: str
    system: str
    cores: int | None


class Commit(Shape):
    """What git has checked out."""

    commit: str
    changed: bool
    """Whether files differ from it."""


class About(Shape):
    """What a run was made of."""

    model: Fingerprinted
    engine: str
    """Kind of engine, as `cpu-float32`: replies of two kinds are never compared."""
    adapters: dict[str, AdapterFacts]
    suites: dict[str, SuiteFacts]
    gates: dict[str, GatePolicy]
    """Policies by folder."""
    judged_by: JudgedBy
    arguments: list[str]
    """Of pytest."""
    versions: dict[str, str]
    python: str
    host: Host
    git: Commit | None
    ci: str | None
    """Page of the GitHub Actions run."""
