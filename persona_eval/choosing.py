"""Checkpoints of a training judged by a quick subset of suites: `select: suite`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from persona_eval.errors import ScorerError, TrainingError
from persona_eval.judge import Judge
from persona_eval.models.adapter_files import adapter_digest
from persona_eval.models.base import Model
from persona_eval.runner import ReplyStore, Runner, WornAdapter
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import Registry
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, Suite
from persona_eval.training.recipe import Recipe, SuiteChoice


@dataclass(frozen=True)
class Chosen:
    """A case with the suite it comes from."""

    suite: Suite
    case: Case

    @property
    def name(self) -> str:
        """Unique among all suites."""
        return f"{self.suite.path}::{self.case.id}"


class Chooser:
    """Says which share of replies passes with an adapter: the ``measure`` of a training."""

    def __init__(
        self,
        cases: Sequence[Chosen],
        model: Model,
        store: ReplyStore,
        tools: Tools,
        registry_of: Callable[[Path], Registry],
    ):
        self._cases, self._model, self._store = cases, model, store
        self._tools, self._registry_of = tools, registry_of

    def __call__(self, folder: Path) -> float:
        """The share of trials that pass. Raises EngineError, ScorerError or AdapterError."""
        adapter = WornAdapter(folder.name, folder, adapter_digest(folder))
        runner = Runner(self._model, self._store)
        runner.enqueue(adapter, [(c.name, c.case, c.suite.persona) for c in self._cases])
        try:
            passed = [ok for chosen in self._cases for ok in self._judged(runner, adapter, chosen)]
        finally:
            runner.close()
            self._model.wear(None)
        return sum(passed) / len(passed)

    def _judged(self, runner: Runner, adapter: WornAdapter, chosen: Chosen) -> list[bool]:
        trials = runner.trials(adapter, chosen.name)
        judge = Judge(self._registry_of(chosen.suite.path.parent))
        rules = judge.rules(chosen.case, chosen.suite.persona, self._tools)
        said = [[(r.text, r.finish_reason) for r in trial.replies] for trial in trials]
        judgements = judge.judge(rules, said)
        for judgement in judgements:
            if judgement.error:
                raise ScorerError(f"{chosen.name}: {judgement.error}")
        return [bool(judgement.passed) for judgement in judgements]


def chooser(
    recipe: Recipe,
    folder: Path,
    model: Model,
    store: ReplyStore,
    tools: Tools,
    registry_of: Callable[[Path], Registry],
) -> Chooser | None:
    """What judges the checkpoints of a recipe in ``folder``; None where no suite chooses. Replies
    are kept in ``store``, as those of a run. Raises SuiteError, or TrainingError without cases."""
    if recipe.suite is None:
        return None
    path = (folder / recipe.suite.path).resolve()
    files = sorted(path.rglob("*.suite.yaml")) if path.is_dir() else [path]
    suites = [load_suite(file, registry_of(file.parent)) for file in files]
    cases = choose_cases(suites, recipe.suite, recipe.seed)
    return Chooser(cases, model, store, tools, registry_of)


def choose_cases(suites: Sequence[Suite], choice: SuiteChoice, seed: int) -> list[Chosen]:
    """As many cases as are wanted, in turn from each category and its controls, drawn by
    ``seed``. Raises TrainingError where there is none."""
    groups: dict[tuple[str, bool], list[Chosen]] = {}
    for suite in suites:
        for case in suite.cases:
            if case.skip is None and case.drift is None:
                quick = case.model_copy(update={"trials": choice.trials})
                groups.setdefault((case.category, case.control), []).append(Chosen(suite, quick))
    if not groups:
        raise TrainingError(f"{choice.path}: there is no case to choose checkpoints by")
    draw = random.Random(seed)
    for group in groups.values():
        draw.shuffle(group)
    most = max(map(len, groups.values()))
    in_turn = (group[n] for n in range(most) for group in groups.values() if n < len(group))
    return list(in_turn)[: choice.cases]
