"""Trained parts from labelled replies. Needs scikit-learn, which comes with the embedder."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from persona_eval.scorers.base import Tools
from persona_eval.scorers.labelled import TRUTHS, Row
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.spoilt import spoilt
from persona_eval.scorers.tools import prepare
from persona_eval.scorers.trained import Part, Trained, features
from persona_eval.suite.models import Expectation

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STRENGTH = 0.1
"""Inverse of the L2 penalty. Of 0.03, 0.1, 0.3 and 1 it made no difference beyond 0.03 in balanced
accuracy on voices left out."""
DIGITS = 4
SPOILT_WEIGHT = 0.2
"""Of a spoilt copy beside a written reply: it is easier to tell."""
SAMPLED_WEIGHT = 0.2
"""Of a reply that a model gave. Nine in ten of these fail, and at full weight they cost the written
ones: on voices left out the packs were right on .824 of those (balanced; .839 with this weight) and
on .682 of their own kind (.698). With 0.1 it is .842 and .701, and single behaviours suffer."""


@dataclass(frozen=True)
class Lessons:
    """What a behaviour's part learns from: features of shape (rows, features), and for each row
    its place among all labelled rows, whether the behaviour is there, and how much it counts."""

    inputs: NDArray[np.float32]
    rows: tuple[int, ...]
    truths: tuple[bool, ...]
    weights: tuple[float, ...]


def trained_scorers(registry: Registry) -> dict[str, Trained]:
    """The behaviours that have a trained part, by name."""
    built = {name: registry.build(Expectation(name=name)) for name in TRUTHS}
    return {name: scorer for name, scorer in built.items() if isinstance(scorer, Trained)}


def lessons(rows: Sequence[Row], registry: Registry, tools: Tools) -> dict[str, Lessons]:
    """What the rows and spoilt copies of them tell of each behaviour, those aside that its rules
    settle. A copy has the place of its row."""
    scorers = trained_scorers(registry)
    known = [(place, row, SAMPLED_WEIGHT if row.sampled else 1.0) for place, row in enumerate(rows)]
    known += [(place, row, SPOILT_WEIGHT) for place, row in spoilt(rows)]
    read = replace(tools, grader=None)
    prepare(read, ((s, row.exchange(Tools())) for _, row, _ in known for s in scorers.values()))
    return {name: _lessons(name, scorer, known, tools) for name, scorer in scorers.items()}


def _lessons(
    name: str, scorer: Trained, known: Sequence[tuple[int, Row, float]], tools: Tools
) -> Lessons:
    import numpy as np

    inputs, places, truths, weights = [], [], [], []
    for place, row, weight in known:
        truth = TRUTHS[name].of(row)
        exchange = row.exchange(tools)
        if truth is None:
            continue
        ruled = scorer.by_rules(exchange)
        if not scorer.settled(exchange, ruled):
            inputs.append(features(scorer, ruled, exchange))
            places.append(place)
            truths.append(truth)
            weights.append(weight)
    return Lessons(np.stack(inputs), tuple(places), tuple(truths), tuple(weights))


def fit(known: dict[str, Lessons], left_out: Container[int] = ()) -> dict[str, Part]:
    """A part for each behaviour, from all rows but those left out; both sides weigh the same.
    None where only one side is left."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    parts = {}
    for name, lesson in known.items():
        kept = np.array([row not in left_out for row in lesson.rows])
        if len({truth for truth, chosen in zip(lesson.truths, kept, strict=True) if chosen}) < 2:
            continue
        model = LogisticRegression(
            C=STRENGTH, class_weight="balanced", solver="liblinear", dual=True, tol=1e-3,
            max_iter=3000, random_state=0,
        )  # fmt: skip
        model.fit(
            lesson.inputs[kept], np.array(lesson.truths)[kept], np.array(lesson.weights)[kept]
        )
        weights = tuple(round(float(weight), DIGITS) for weight in model.coef_[0])
        parts[name] = Part(weights, round(float(model.intercept_[0]), DIGITS))
    return parts
