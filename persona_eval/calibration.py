"""Limits for one character, from its author's labels.

A reply passes when each of its expectations does. Of those with a trained part the limit on the
probability may be moved, one after the other, to where passes and fails among the labels are told
apart best. What that is worth is measured on labels that were left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from persona_eval.errors import ScorerError
from persona_eval.judging import guarded, judged_by_examples, plan
from persona_eval.labels import Label
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.tools import prepare
from persona_eval.scorers.trained import Trained
from persona_eval.statistics.agreement import Agreement
from persona_eval.statistics.paired import sign_test
from persona_eval.suite.card import Limits, Persona
from persona_eval.suite.models import Case

FEWEST, FEWEST_OF_EACH = 20, 5
"""Labels that limits can be learnt from, in all and of passes and fails."""
FOLDS = 5
ROUNDS = 3
CHANCE = 0.1
"""Probability under which the gain on labels that were left out is no luck."""
PULL = 0.01
"""Balanced accuracy that a limit's move by one unit of log-odds must gain."""


@dataclass(frozen=True)
class Judged:
    """A labelled reply as its expectations see it."""

    passes: bool
    """The author's label."""
    fails_otherwise: bool
    """Whether an expectation without a trained part fails it."""
    found: tuple[tuple[str, float, bool], ...]
    """Behaviour, its probability, and whether the case wants it or its absence."""

    def passed(self, limits: Mapping[str, float]) -> bool:
        """The verdict under these limits."""
        return not self.fails_otherwise and all(
            (probability >= limits[name]) is wanted for name, probability, wanted in self.found
        )


@dataclass(frozen=True)
class Calibration:
    """What was learnt, and what it is worth."""

    limits: dict[str, float]
    """Those that differ from the ones that hold now."""
    before: Agreement
    """Verdicts under the limits that hold now, and labels."""
    held_out: Agreement
    """Verdicts on labels that the limits did not see."""
    won: int
    """Labels that were judged wrongly before and rightly by limits that did not see them."""
    lost: int
    """The reverse."""

    @property
    def better(self) -> bool:
        """Whether labels that were not seen are judged better than now, by more than luck: a
        one-sided sign test on the verdicts that changed (Dixon and Mood 1946)."""
        return bool(self.limits) and sign_test(self.won, self.lost) <= CHANCE


def judge_labels(
    labels: Sequence[tuple[Label, Case]], persona: Persona, registry: Registry, tools: Tools
) -> list[Judged]:
    """All labels judged by their case, statistical verdicts left open. Raises ScorerError when
    a scorer crashes: limits must not be learnt around it."""
    pairs = [(label, case, judged_by_examples(case, plan(case, persona, registry)))
             for label, case in labels]  # fmt: skip
    prepare(tools, ((e.scorer, _exchange(label, case, persona, Tools()))
                    for label, case, planned in pairs for e in planned))  # fmt: skip
    return [
        _judged(
            label, [(e.title, e.scorer) for e in planned], _exchange(label, case, persona, tools)
        )
        for label, case, planned in pairs
    ]


def calibrate(judged: Sequence[Judged], now: Mapping[str, float]) -> Calibration:
    """Limits learnt from all labels, with their held-out figures. ``now``: the limit of each
    behaviour that has a trained part."""
    old = [each.passed(now) for each in judged]
    new = _held_out(judged, now)
    truths = [each.passes for each in judged]
    changed = [b == truth for truth, a, b in zip(truths, old, new, strict=True) if a != b]
    learnt = learn(judged, now)
    moved = {name: round(limit, 3) for name, limit in learnt.items() if limit != now[name]}
    return Calibration(
        moved,
        Agreement.of(zip(truths, old, strict=True)),
        Agreement.of(zip(truths, new, strict=True)),
        sum(changed),
        len(changed) - sum(changed),
    )


def learn(judged: Sequence[Judged], now: Mapping[str, float]) -> dict[str, float]:
    """The limits that part passes from fails best, each moved no further than it gains."""
    limits = dict(now)
    names = sorted({name for each in judged for name, _, _ in each.found})
    for _ in range(ROUNDS):
        for name in names:
            tried = [*_borders(judged, name), now[name]]
            limits[name] = max(tried, key=lambda limit: _worth(judged, limits, now, name, limit))
    return limits


def limits_of(persona: Persona, trained: Mapping[str, Trained]) -> dict[str, float]:
    """The limits that hold for a character now, in the packs by which most labels are judged."""
    return {
        name: persona.limits.of(name, scorer.in_pack().limit) for name, scorer in trained.items()
    }


def merged(persona: Persona, learnt: Mapping[str, float]) -> Limits:
    """The card's limits with those that were learnt."""
    return persona.limits.model_copy(update=dict(learnt))


def _held_out(judged: Sequence[Judged], now: Mapping[str, float]) -> list[bool]:
    """The verdict on each, by limits learnt from others; passes and fails are spread evenly over
    the folds."""
    verdicts = [False] * len(judged)
    ordered = sorted(range(len(judged)), key=lambda index: judged[index].passes)
    for fold in range(FOLDS):
        left_out = set(ordered[fold::FOLDS])
        limits = learn([each for i, each in enumerate(judged) if i not in left_out], now)
        for index in sorted(left_out):
            verdicts[index] = judged[index].passed(limits)
    return verdicts


def _borders(judged: Sequence[Judged], name: str) -> Iterator[float]:
    values = sorted({p for each in judged for found, p, _ in each.found if found == name})
    yield from (round((low + high) / 2, 3) for low, high in pairwise(values) if high - low > 0.02)


def _worth(
    judged: Sequence[Judged],
    limits: Mapping[str, float],
    now: Mapping[str, float],
    name: str,
    limit: float,
) -> float:
    tried = {**limits, name: limit}
    agreement = Agreement.of((each.passes, each.passed(tried)) for each in judged)
    return (agreement.balanced or 0) - PULL * abs(_log_odds(limit) - _log_odds(now[name]))


def _log_odds(probability: float) -> float:
    inside = min(max(probability, 1e-3), 1 - 1e-3)
    return math.log(inside / (1 - inside))


def _exchange(label: Label, case: Case, persona: Persona, tools: Tools) -> Exchange:
    return Exchange(persona, case, label.messages, label.reply, label.finish_reason, tools)


def _judged(label: Label, scorers: Sequence[tuple[str, Scorer]], exchange: Exchange) -> Judged:
    found, fails = [], False
    for title, scorer in scorers:
        score = guarded(scorer, title, exchange)
        if not isinstance(score, Score):
            raise ScorerError(f"case {label.case}, reply “{label.reply[:60]}”: {score}")
        if score.statistical and isinstance(score.value, float):
            found.append((title.removeprefix("not "), score.value, not title.startswith("not ")))
        elif score.passed is False:
            fails = True
    return Judged(label.verdict == "pass", fails, tuple(found))
