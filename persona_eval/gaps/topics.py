"""What of the data is near a prompt, by the vectors of the prompts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from persona_eval.lint import coverage
from persona_eval.lint.coverage import Label
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken
from persona_eval.scorers.base import Tools
from persona_eval.suite.card import Persona

LOOKED_AT = 5
"""Nearest examples of a prompt whose replies are read."""
ENOUGH = 8
"""Passing cases from which they say what is near."""
REACH = 0.45
"""What is near otherwise: a quarter of the example character's passing cases had nothing nearer.
Of two prompts at random one pair in a hundred comes to .37."""
LEAST_REACH, MOST_REACH = 0.37, 0.6
AIM = 3
"""Near examples that a case should have, where passing cases do not say."""
LEAST_AIM = 2


@dataclass(frozen=True)
class Nearest:
    """An example of the data, by how near its prompt is."""

    said: Spoken
    """Its reply."""
    cosine: float
    labels: frozenset[Label]
    """What the reply is practice for."""


@dataclass(frozen=True)
class Reach:
    """What counts as near, and as enough."""

    cosine: float
    """From here on an example is near."""
    aim: int
    """So many near examples a case should have that show what it wants."""


class Topics:
    """The replies of the data, by what they answer."""

    def __init__(self, replies: Sequence[Spoken], card: Persona, tools: Tools, limits: Limits):
        """Raises ModelError where there are no vectors to be had."""
        assert tools.embedder is not None
        self._replies = [reply for reply in replies if reply.prompt.strip()]
        self._card, self._tools = card, tools
        self._limits = replace(limits, sample=len(replies))
        self._vectors = tools.embedder.embed([reply.prompt for reply in self._replies])

    def nearest(self, prompts: Sequence[str]) -> list[tuple[Nearest, ...]]:
        """For each prompt the examples that are nearest, nearest first."""
        assert self._tools.embedder is not None
        if not prompts or not self._replies:
            return [() for _ in prompts]
        cosines = self._tools.embedder.embed(prompts) @ self._vectors.T
        places = (-cosines).argsort(axis=1, kind="stable")[:, :LOOKED_AT].tolist()
        labels = self._labels({place for row in places for place in row})
        return [
            tuple(Nearest(self._replies[i], float(cosines[n, i]), labels[i]) for i in row)
            for n, row in enumerate(places)
        ]

    def _labels(self, places: set[int]) -> dict[int, frozenset[Label]]:
        order = sorted(places)
        chosen = [self._replies[place] for place in order]
        read = coverage.read(chosen, self._card, self._tools, self._limits)
        return dict(zip(order, read.labels, strict=True))


def shows(label: Label, found: frozenset[Label]) -> bool:
    """Whether a near example is practice for such a case: a probe wants its behaviour to be
    shown; a control, that it is not; just talk has nothing to show."""
    category, control = label
    if category == "in_character":
        return True
    return (category, False) not in found if control else label in found


def right(label: Label, nearest: Sequence[Nearest], reach: float) -> int:
    """How many near examples are practice for such a case."""
    return sum(each.cosine >= reach and shows(label, each.labels) for each in nearest)


def reach_of(passing: Sequence[tuple[Label, tuple[Nearest, ...]]]) -> Reach:
    """What passing cases have: three of four have something in reach, half of them ``aim``."""
    if len(passing) < ENOUGH:
        return Reach(REACH, AIM)
    cosines = sorted(nearest[0].cosine if nearest else 0.0 for _, nearest in passing)
    cosine = min(max(cosines[len(cosines) // 4], LEAST_REACH), MOST_REACH)
    counts = [right(label, nearest, cosine) for label, nearest in passing]
    return Reach(cosine, max(LEAST_AIM, round(median(counts))))
