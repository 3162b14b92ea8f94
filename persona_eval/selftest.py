"""How right the scorers are on the labelled replies: figures by behaviour, voice and category."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, product, takewhile
from typing import Any

from persona_eval.errors import ModelError
from persona_eval.judging import guarded, judge_trial, plan
from persona_eval.scorers.base import Embedder, Score, Scorer, Tools
from persona_eval.scorers.embedders import CachedEmbedder, NoCache
from persona_eval.scorers.fitting import fit, lessons
from persona_eval.scorers.grader import Grader, unseen_by_voice
from persona_eval.scorers.labelled import TRUTHS, Row
from persona_eval.scorers.registry import Registry
from persona_eval.scorers.tools import prepare
from persona_eval.statistics.agreement import Agreement, bootstrapped
from persona_eval.suite.models import CATEGORIES, Expectation


@dataclass(frozen=True)
class Figures:
    """How often a behaviour, or a whole pack, says what it should."""

    name: str
    agreement: Agreement
    by_voice: dict[str, Agreement]
    wrong: tuple[Row, ...]
    """The rows on which it errs."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % for the balanced accuracy, the voice as the unit; None where a side is missing."""
        return bootstrapped(list(self.by_voice.values()))

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        voices = {voice: found.to_json() for voice, found in self.by_voice.items()}
        figures = {"name": self.name, **self.agreement.to_json(), "interval": self.interval}
        return {**figures, "by_voice": voices}


def unseen(
    rows: Sequence[Row], registry: Registry, tools: Tools, folds: int | None = None
) -> dict[str, Tools]:
    """For each voice, tools whose trained parts and grader have never seen it. ``folds``: the
    parts leave out so many groups of voices one after the other, instead of each voice alone; the
    package's graders do so anyway. Raises ModelError for a voice that each of these has seen."""
    voices = list(dict.fromkeys(row.voice for row in rows))
    known = lessons(rows, registry, tools)
    graders = _unseen_graders(voices) if tools.grader else {}
    found: dict[str, Tools] = {}
    for start in range(folds or len(voices)):
        group = voices[start :: folds or len(voices)]
        hidden = {place for place, row in enumerate(rows) if row.voice in group}
        parts = fit(known, hidden)
        found |= {v: replace(tools, parts=parts, grader=graders.get(v)) for v in group}
    return found


def _unseen_graders(voices: Sequence[str]) -> dict[str, Embedder]:
    """For each voice, what remembers what its grader has read."""
    graders = unseen_by_voice()
    for voice in voices:
        if voice not in graders:
            raise ModelError(
                f"each grader of the package has learnt from `{voice}`: "
                "`persona-eval selftest --tune` trains others"
            )
    known = {grader.name: _remembering(grader) for grader in set(graders.values())}
    return {voice: known[grader.name] for voice, grader in graders.items()}


def _remembering(grader: Grader) -> Embedder:
    return CachedEmbedder(lambda: grader, NoCache(), grader.name)


def curve(
    rows: Sequence[Row], registry: Registry, tools: Tools, folds: int = 4
) -> dict[int, list[Figures]]:
    """The figures of the behaviours by how many voices the parts have learnt from, without the
    grader: what more labelled voices would be worth. Groups of voices are left out one after the
    other."""
    voices = list(dict.fromkeys(row.voice for row in rows))
    known = lessons(rows, registry, tools)
    found = {}
    for count in _counts(len(voices) - math.ceil(len(voices) / folds)):
        by_voice: dict[str, Tools] = {}
        for start in range(folds):
            group = voices[start::folds]
            seen = set([voice for voice in voices if voice not in group][:count])
            hidden = {place for place, row in enumerate(rows) if row.voice not in seen}
            learnt = replace(tools, parts=fit(known, hidden), grader=None)
            by_voice |= dict.fromkeys(group, learnt)
        found[count] = behaviours(rows, registry, by_voice)
    return found


def _counts(most: int) -> list[int]:
    """Twice as many voices at each step, up to all."""
    return [*takewhile(lambda count: count < most, (2, 4, 8, 16, 32)), most]


def behaviours(
    rows: Sequence[Row], registry: Registry, by_voice: Mapping[str, Tools]
) -> list[Figures]:
    """The figures of each behaviour on the rows that tell of it."""
    found = []
    for name, truth in TRUTHS.items():
        scorer = registry.build(Expectation(name=name))
        known = [(row, expected) for row in rows if (expected := truth.of(row)) is not None]
        judged = [(r, e, _said(scorer, name, r, by_voice[r.voice])) for r, e in known]
        found.append(_figures(name, judged))
    return found


def packs(rows: Sequence[Row], registry: Registry, by_voice: Mapping[str, Tools]) -> list[Figures]:
    """Of each category: whether the default pack as a whole passes what was labelled a pass."""
    found = []
    for category in CATEGORIES:
        known = [row for row in rows if row.category == category]
        if not known:
            continue
        planned = [plan(row.case(), row.persona, registry) for row in known]
        judged = [
            judge_trial(
                row.case(), row.persona, entries, [(row.reply, "stop")], by_voice[row.voice]
            ).passed
            for row, entries in zip(known, planned, strict=True)
        ]
        triples = [(row, row.passes, said) for row, said in zip(known, judged, strict=True)]
        found.append(_figures(category, triples))
    return found


def read(rows: Sequence[Row], registry: Registry, by_voice: Mapping[str, Tools]) -> None:
    """Have all vectors made that judging these rows asks for."""
    scorers = [registry.build(Expectation(name=name)) for name in TRUTHS]
    for voice, group in groupby(sorted(rows, key=lambda row: row.voice), lambda row: row.voice):
        exchanges = [row.exchange(Tools()) for row in group]
        prepare(by_voice[voice], product(scorers, exchanges))


def _said(scorer: Scorer, name: str, row: Row, tools: Tools) -> bool | None:
    score = guarded(scorer, name, row.exchange(tools))
    return score.passed if isinstance(score, Score) else None


def _figures(name: str, judged: Sequence[tuple[Row, bool, bool | None]]) -> Figures:
    """What was skipped or crashed counts as wrong: a scorer that does not judge is of no use."""
    pairs = [(expected, (not expected) if said is None else said) for _, expected, said in judged]
    voices = dict.fromkeys(row.voice for row, _, _ in judged)
    by_voice = {
        voice: Agreement.of(
            pair for pair, (row, _, _) in zip(pairs, judged, strict=True) if row.voice == voice
        )
        for voice in voices
    }
    wrong = [row for (row, _, _), (expected, said) in zip(judged, pairs, strict=True)
             if expected != said]  # fmt: skip
    return Figures(name, Agreement.of(pairs), by_voice, tuple(wrong))
