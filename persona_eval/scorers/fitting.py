"""Trained parts from labelled replies. Needs scikit-learn, which comes with the embedder."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from persona_eval.scorers.base import Tools
from persona_eval.scorers.labelled import TRUTHS, Row
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.trained import Part, Trained, features
from persona_eval.suite.models import Expectation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STRENGTH = 0.1
"""Inverse of the L2 penalty. Of 0.03, 0.1, 0.3 and 1 it made no difference beyond 0.03 in balanced
accuracy on voices left out."""
DIGITS = 4


@dataclass(frozen=True)
class Lessons:
    """What a behaviour's part learns from: features of shape (rows, features), and for each row
    its place among all labelled rows and whether the behaviour is there."""

    inputs: NDArray[np.float32]
    rows: tuple[int, ...]
    truths: tuple[bool, ...]


def trained_scorers(registry: Registry) -> dict[str, Trained]:
    """The behaviours that have a trained part, by name."""
    built = {name: registry.build(Expectation(name=name)) for name in TRUTHS}
    return {name: scorer for name, scorer in built.items() if isinstance(scorer, Trained)}


def lessons(rows: Sequence[Row], registry: Registry, tools: Tools) -> dict[str, Lessons]:
    """What the rows tell of each behaviour, those aside that its rules settle."""
    return {
        name: _lessons(name, scorer, rows, tools)
        for name, scorer in trained_scorers(registry).items()
    }


def _lessons(name: str, scorer: Trained, rows: Sequence[Row], tools: Tools) -> Lessons:
    import numpy as np

    inputs, places, truths = [], [], []
    for place, row in enumerate(rows):
        truth = TRUTHS[name].of(row)
        exchange = row.exchange(tools)
        if truth is None:
            continue
        ruled = scorer.by_rules(exchange)
        if not scorer.settled(exchange, ruled):
            inputs.append(features(scorer, ruled, exchange))
            places.append(place)
            truths.append(truth)
    return Lessons(np.stack(inputs), tuple(places), tuple(truths))


def fit(known: dict[str, Lessons], left_out: Container[int] = ()) -> dict[str, Part]:
    """A part for each behaviour, from all rows but those left out; both sides weigh the same."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    parts = {}
    for name, lesson in known.items():
        kept = np.array([row not in left_out for row in lesson.rows])
        model = LogisticRegression(
            C=STRENGTH, class_weight="balanced", solver="liblinear", dual=True, tol=1e-3,
            max_iter=3000, random_state=0,
        )  # fmt: skip
        model.fit(lesson.inputs[kept], np.array(lesson.truths)[kept])
        weights = tuple(round(float(weight), DIGITS) for weight in model.coef_[0])
        parts[name] = Part(weights, round(float(model.intercept_[0]), DIGITS))
    return parts
