"""One case with one adapter while it is worked on: what was drawn, judged and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from persona_eval.compare import CONFIRMING, Pair, Standing
from persona_eval.consistency import Spread, spread_of
from persona_eval.drift import settled
from persona_eval.history import CaseFacts, NewTrial
from persona_eval.judge import Judge, Rules
from persona_eval.judging import Judgement, ReplyText
from persona_eval.overlap.learnt import Learnt
from persona_eval.reports.transcript import tell
from persona_eval.results import CaseResult, Design
from persona_eval.scorers.embedders import NoCache, VectorCache
from persona_eval.standings import accepted_standing, beside_training, facts_of, judged_result
from persona_eval.trials import Trial

if TYPE_CHECKING:
    from persona_eval.pytest_plugin.collect import CaseItem
    from persona_eval.pytest_plugin.folders import Folder


@dataclass
class Casework:
    """Judges trials as they finish, and says how many more there must be."""

    item: CaseItem
    folder: Folder
    design: Design
    rules: Rules
    judge: Judge
    compared: bool
    """Whether a baseline exists for it, and its adapter is the candidate."""
    engine: str
    learnt: Learnt | None = None
    """The training replies, where they are known."""
    vectors: VectorCache = field(default_factory=NoCache)
    """Vectors of texts that are known already."""
    judgements: list[Judgement] = field(default_factory=list)
    counted: int | None = None
    """How many trials count; further ones only confirm a flip."""
    _before: Standing | None = None

    def more(self, trials: Sequence[Trial]) -> int:
        """Judge what is new. How many more trials to draw: until none could change the verdict,
        then some that confirm what looks broken."""
        new = trials[len(self.judgements) :]
        numbers = [trial.number for trial in new]
        self.judgements += self.judge.judge(self.rules, _replies(new), numbers)
        if self.error:
            return 0
        if self.counted is None:
            more = self.design.more(self._outcomes(self.judgements))
            if more:
                return more
            self.counted = len(self.judgements)
            self._before = self._accepted()
        return self._confirming()

    @property
    def error(self) -> str | None:
        """What the scorers that crashed say."""
        said = dict.fromkeys(judgement.error for judgement in self.judgements if judgement.error)
        return "\n".join(said) or None

    @cached_property
    def facts(self) -> CaseFacts:
        return facts_of(self.item.suite, self.item.case, self.rules)

    def result(self) -> CaseResult:
        """Of the trials that count."""
        return judged_result(self.facts, self.judgements[: self.counted], self.design)

    def pair(self, trials: Sequence[Trial]) -> Pair:
        """The case beside the baseline's."""
        facts = self.facts
        said = tuple(tuple(reply.text for reply in trial.replies) for trial in trials)
        extra = self._outcomes(self.judgements[self.counted :] if self.counted else ())
        after = Standing(
            replace(self.result(), spread=self._spread(trials[: self.counted])),
            facts.fingerprint, facts.expectations, said[: self.counted], extra,
        )  # fmt: skip
        return Pair(facts.key, self._before, beside_training(after, self.learnt))

    def kept(self, trials: Sequence[Trial]) -> list[NewTrial]:
        """What the store is to keep."""
        counted = len(trials) if self.counted is None else self.counted
        return [
            NewTrial(trial.number, trial.replies, judgement, number >= counted)
            for number, (trial, judgement) in enumerate(zip(trials, self._settled, strict=False))
        ]

    def told(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """The trials as reports tell them."""
        counted = len(trials) if self.counted is None else self.counted
        pairs = zip(trials, self._settled, strict=False)
        return [tell(trial, judgement, n >= counted) for n, (trial, judgement) in enumerate(pairs)]

    def _confirming(self) -> int:
        # One conversation more cannot confirm what only all of them show.
        if not self.compared or self.item.case.drift or len(self.judgements) > (self.counted or 0):
            return 0
        return CONFIRMING if self.pair(()).suspect else 0

    def _accepted(self) -> Standing | None:
        section = self.folder.baseline.section(self.engine) if self.folder.baseline else None
        name = f"{self.item.path.name}::{self.item.case.id}"
        if not self.compared or section is None or name not in section.cases:
            return None
        assert self.folder.baseline is not None
        replies = self.folder.baseline.replies[self.engine, name]
        accepted = section.cases[name]
        return accepted_standing(accepted, replies, self.facts, self.design, self.judge, self.rules)

    @property
    def _settled(self) -> list[Judgement]:
        return settled(self.facts.drift, self.judgements)

    def _spread(self, trials: Sequence[Trial]) -> Spread | None:
        """How far the last replies are apart, by vectors that judging needed anyway. A case with
        paraphrases has them made, where the suite uses any: there the spread is the question."""
        embedder = self.rules.tools.embedder
        if embedder is None or self.item.case.drift or len(trials) < 2:
            return None
        said = [trial.replies[-1].text for trial in trials]
        texts = list(set(said))
        known = len(self.vectors.get_many(embedder.name, texts)) == len(texts)
        if not known and not (self.rules.embeds and self.item.case.paraphrases):
            return None
        return spread_of(embedder.embed(said), len(self.item.case.wordings))

    def _outcomes(self, judgements: Sequence[Judgement]) -> tuple[bool, ...]:
        return tuple(bool(judgement.passed) for judgement in judgements)


def _replies(trials: Sequence[Trial]) -> list[list[ReplyText]]:
    return [[(reply.text, reply.finish_reason) for reply in trial.replies] for trial in trials]
