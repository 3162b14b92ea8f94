"""Trained parts from labelled replies. Needs scikit-learn, which comes with the embedder."""

from __future__ import annotations

from collections.abc import Iterable

from persona_eval.scorers.base import Tools
from persona_eval.scorers.embedders import remembering
from persona_eval.scorers.labelled import TRUTHS, Row
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.trained import Part, Trained, features, readings
from persona_eval.suite.models import Expectation

STRENGTH = 0.1
"""Inverse of the L2 penalty. Of 0.03, 0.1, 0.3 and 1 it made no difference beyond 0.03 in balanced
accuracy on voices left out."""
DIGITS = 4


def trained_scorers(registry: Registry) -> dict[str, Trained]:
    """The behaviours that have a trained part, by name."""
    built = {name: registry.build(Expectation(name=name)) for name in TRUTHS}
    return {name: scorer for name, scorer in built.items() if isinstance(scorer, Trained)}


def fit(rows: Iterable[Row], registry: Registry, tools: Tools) -> dict[str, Part]:
    """A part for each behaviour, from the rows that tell of it; equal weight to both sides."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    chosen = list(rows)
    assert tools.embedder is not None, "trained parts rest on embeddings"
    ready = Tools(
        embedder=remembering(tools.embedder, [t for r in chosen for t in readings(r.reply)])
    )
    parts = {}
    for name, scorer in trained_scorers(registry).items():
        known = [(row.exchange(ready), truth) for row in chosen
                 if (truth := TRUTHS[name].of(row)) is not None]  # fmt: skip
        inputs = np.stack([features(scorer.by_rules(e), e) for e, _ in known])
        model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=3000)
        model.fit(inputs, [truth for _, truth in known])
        weights = tuple(round(float(weight), DIGITS) for weight in model.coef_[0])
        parts[name] = Part(weights, round(float(model.intercept_[0]), DIGITS))
    return parts
