"""Past runs and baselines as sides of a comparison, judged by today's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from persona_eval.baseline import FILE, Baseline, read_baseline
from persona_eval.compare import Standing
from persona_eval.drift import DriftPlan, settled
from persona_eval.errors import PersonaEvalError, StoreError
from persona_eval.history import CaseFacts, PastTrial, Run, Runs
from persona_eval.identity import asked_of, digest_of, place_of
from persona_eval.judge import Judge, Rules, code_digest, model_digest
from persona_eval.judging import ReplyText, asks_for
from persona_eval.overlap.learnt import Learnt, TrainingData
from persona_eval.results import CaseResult, Design
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import Registry
from persona_eval.standings import accepted_standing, beside_training, facts_of, removed_standing
from persona_eval.store import Store
from persona_eval.suite.load import load_persona, load_suite
from persona_eval.suite.models import Case, Suite

BASELINE = "baseline"

Texts = Mapping[str, tuple[ReplyText, ...]]
"""Replies of trials, by their keys."""


@dataclass(frozen=True)
class Side:
    """One side of a comparison: how its cases stand."""

    name: str
    standings: dict[str, Standing]
    rejudged: int = 0
    """Trials whose rules have changed since, and that were judged anew."""
    kept: int = 0
    """Cases that are there no more, were asked otherwise, or need a model to be judged anew: they
    stand as they were judged."""
    run: Run | None = None
    """None for a baseline."""

    @property
    def results(self) -> list[CaseResult]:
        return [standing.result for standing in self.standings.values()]


@dataclass(frozen=True)
class Reference:
    """What a user names: a run with one of its adapters, or the baseline."""

    text: str
    run: Run | None
    adapter: str = ""


class Project:
    """A store, and the suites that its runs were made with, as they are today."""

    def __init__(
        self, root: Path, store: Store, tools: Tools, registry: Callable[[Path], Registry]
    ):
        """``registry`` gives the expectations that are known in a folder of suites."""
        self.root, self.store, self.tools = root, store, tools
        self.runs = Runs(store)
        self._registry = registry
        self._judges: dict[Path, Judge] = {}
        self._suites: dict[str, Suite | None] = {}
        self._data = TrainingData(root)

    def reference(self, text: str) -> Reference:
        """``12``, ``12:base``, ``last``, an adapter's name (its last run) or ``baseline``. Raises
        StoreError for what there is not."""
        if text == BASELINE:
            return Reference(text, None)
        number, _, adapter = text.partition(":")
        runs = self.runs.all()
        if number == "last" and runs:
            run = runs[-1]
        elif number.isdecimal():
            run = self.runs.get(int(number))
        else:
            return self._last_of(text, runs)
        if adapter and adapter not in run.adapters:
            has = ", ".join(run.adapters) or "none"
            raise StoreError(f"run {run.number} has no adapter `{adapter}`; it has: {has}")
        chosen = adapter or next(iter(run.adapters), "")
        return Reference(f"run {run.number}" + (f" ({chosen})" if chosen else ""), run, chosen)

    def _last_of(self, adapter: str, runs: Sequence[Run]) -> Reference:
        run = next((run for run in reversed(runs) if adapter in run.adapters), None)
        if run is None:
            known = dict.fromkeys(name for each in runs for name in each.adapters)
            raise StoreError(
                f"`{adapter}` is no run, and no run has an adapter of that name. Say a number, "
                f"`last`, `baseline` or one of: {', '.join(known) or '(no run is stored)'}"
            )
        return Reference(f"{adapter} (run {run.number})", run, adapter)

    def side(self, reference: Reference, engine: str | None = None) -> Side:
        """How the cases of a run, or of the baselines, stand by today's rules. ``engine`` says
        which section of a baseline is meant."""
        if reference.run is None:
            return self._accepted(engine)
        side = self._of_run(reference, reference.run)
        learnt = self._data.of(reference.run.about["adapters"][reference.adapter])
        standings = {key: beside_training(s, learnt) for key, s in side.standings.items()}
        return replace(side, standings=standings, run=reference.run)

    def _of_run(self, reference: Reference, run: Run) -> Side:
        adapter = reference.adapter
        cases = self.runs.cases(run.number, adapter)
        trials: dict[str, list[PastTrial]] = {}
        found = self.runs.trials(run.number, adapter)
        for trial in found:
            trials.setdefault(trial.key, []).append(trial)
        texts = self.runs.replies(found)
        cases = [c for c in cases if all(t.passed is not None for t in trials[c.key])]  # no errors
        if not cases:
            raise StoreError(
                f"{reference.text} holds no case that could be compared: it was broken off at "
                "once, or stored by an older version. Run the suites again"
            )
        if self._stands(run) and all(facts.rules for facts in cases):
            return Side(reference.text, {f.key: _standing(f, trials[f.key], texts) for f in cases})
        return self._rejudged(reference, cases, trials, texts)

    def _stands(self, run: Run) -> bool:
        """Whether the run was judged by the very rules of today."""
        judged = run.about.get("judged_by", {})
        return judged == {"code": code_digest(), "vectors": self.tools.vectors} and all(
            self._unchanged(about) for about in run.about.get("suites", {}).values()
        )

    def _unchanged(self, about: dict[str, Any]) -> bool:
        path, card = self.root / about["path"], self.root / about["card"]
        there = path.is_file() and card.is_file()
        return there and bool(digest_of(path, load_persona(card)) == about["digest"])

    def _rejudged(
        self,
        reference: Reference,
        cases: Sequence[CaseFacts],
        trials: dict[str, list[PastTrial]],
        texts: Texts,
    ) -> Side:
        assert reference.run is not None
        judging = _Judging(self, reference.run, reference.adapter, texts)
        standings = {facts.key: judging.standing(facts, trials[facts.key]) for facts in cases}
        return Side(reference.text, standings, judging.rejudged, judging.kept)

    def suite(self, place: str, path: str) -> Suite | None:
        """The suite as it is today; None where the file is gone."""
        if place not in self._suites:
            found = self.root / path
            registry = self._registry(found.parent)
            self._suites[place] = load_suite(found, registry) if found.is_file() else None
        return self._suites[place]

    def judge(self, folder: Path) -> Judge:
        """What judges the suites of a folder."""
        if folder not in self._judges:
            self._judges[folder] = Judge(self._registry(folder), self.store)
        return self._judges[folder]

    def rules(self, suite: Suite, case: Case, about: dict[str, Any], adapter: str) -> Rules:
        """What a case of a run with this adapter is judged by today."""
        known = about.get("adapters", {}).get(adapter, {})
        model = model_digest(
            about["model"]["fingerprint"], about["engine"], known.get("fingerprint", "")
        )
        tools = self.tools
        if known.get("folder") and asks_for(case, "not_memorised"):
            from persona_eval.training.train import training_replies

            tools = replace(tools, training_replies=training_replies(self.root / known["folder"]))
        return self.judge(suite.path.parent).rules(case, suite.persona, tools, model)

    def _accepted(self, engine: str | None) -> Side:
        """The baselines of all folders that runs of this store had suites in."""
        standings: dict[str, Standing] = {}
        for folder in self.folders():
            baseline = read_baseline(folder)
            if baseline:
                standings.update(self._of_baseline(baseline, engine))
        if not standings:
            raise PersonaEvalError(f"there is no {FILE} to compare with: persona-eval accept")
        return Side(BASELINE, standings)

    def folders(self) -> list[Path]:
        """Folders of the suites of all runs that are still there."""
        found = (
            (self.root / about["path"]).parent
            for run in self.runs.all()
            for about in run.about.get("suites", {}).values()
        )
        return [folder for folder in dict.fromkeys(found) if folder.is_dir()]

    def _of_baseline(
        self, baseline: Baseline, engine: str | None
    ) -> Iterator[tuple[str, Standing]]:
        engines = baseline.file.engines
        kind = engine or next(iter(engines))
        section = engines.get(kind)
        if section is None:
            return
        learnt = self._learnt_by(section.adapter.fingerprint)
        about = {
            "model": {"fingerprint": section.model.fingerprint},
            "engine": kind,
            "adapters": {section.adapter.name: {"fingerprint": section.adapter.fingerprint}},
        }
        for name, accepted in section.cases.items():
            file, _, case_id = name.partition("::")
            replies = baseline.replies[kind, name]
            key = f"{baseline.folder.name}/{name}"
            suite = self.suite(f"{baseline.folder.name}/{file}", str(baseline.folder / file))
            case = _case(suite, case_id)
            if suite is None or case is None:
                yield key, removed_standing(key, accepted, replies)
                continue
            rules = self.rules(suite, case, about, section.adapter.name)
            facts = facts_of(suite, case, rules)
            design = Design(facts.least, facts.most, facts.pass_rate)
            judge = self.judge(baseline.folder)
            standing = accepted_standing(accepted, replies, facts, design, judge, rules)
            yield key, beside_training(standing, learnt)

    def _learnt_by(self, fingerprint: str) -> Learnt | None:
        """The training replies of an adapter, if a run of this store knows more of it."""
        adapters = (a for run in self.runs.all() for a in run.about.get("adapters", {}).values())
        mine = (a for a in adapters if isinstance(a, dict) and a["fingerprint"] == fingerprint)
        return next(filter(None, map(self._data.of, mine)), None)


class _Judging:
    """Judges the cases of one run anew where that is needed and can be done."""

    def __init__(self, project: Project, run: Run, adapter: str, texts: Texts):
        self.project, self.run, self.adapter, self.texts = project, run, adapter, texts
        self.rejudged = self.kept = 0

    def standing(self, facts: CaseFacts, trials: Sequence[PastTrial]) -> Standing:
        suite, case = self._today(facts)
        if suite is None or case is None:
            self.kept += 1
            return _standing(facts, trials, self.texts)
        rules = self.project.rules(suite, case, dict(self.run.about), self.adapter)
        now = facts_of(suite, case, rules)
        if rules.digest is None or rules.digest != facts.rules:
            if not rules.answerable:
                self.kept += 1
                return _standing(facts, trials, self.texts)
            trials = self._anew(suite, rules, trials)
        return _standing(now, trials, self.texts)

    def _today(self, facts: CaseFacts) -> tuple[Suite | None, Case | None]:
        """The case as it is today, with as many trials as it had then; None where it is gone or
        something else is asked."""
        about = self.run.about["suites"].get(facts.suite)
        suite = self.project.suite(facts.suite, about["path"]) if about else None
        case = _case(suite, facts.case)
        if suite is None or case is None or asked_of(case, suite.persona) != facts.asked:
            return None, None
        return suite, case.with_trials(facts.least, facts.most)

    def _anew(self, suite: Suite, rules: Rules, trials: Sequence[PastTrial]) -> list[PastTrial]:
        judge = self.project.judge(suite.path.parent)
        judgements = judge.judge(
            rules, [self.texts[trial.texts] for trial in trials], [trial.number for trial in trials]
        )
        self.rejudged += len(trials)
        for judgement in judgements:
            if judgement.error:
                raise PersonaEvalError(
                    f"{place_of(suite.path)}::{rules.case.id}: {judgement.error}"
                )
        pairs = zip(trials, settled(DriftPlan.of(rules.case), judgements), strict=True)
        return [replace(trial, passed=judgement.passed) for trial, judgement in pairs]


def _case(suite: Suite | None, case_id: str) -> Case | None:
    return next((case for case in suite.cases if case.id == case_id), None) if suite else None


def _standing(facts: CaseFacts, trials: Sequence[PastTrial], texts: Texts) -> Standing:
    counted = [trial for trial in trials if not trial.extra]
    extra = tuple(bool(trial.passed) for trial in trials if trial.extra)
    design = Design(facts.least, facts.most, facts.pass_rate)
    result = CaseResult(
        facts.suite, facts.case, facts.category, facts.control,
        tuple(bool(trial.passed) for trial in counted), design, wordings=facts.wordings,
    )  # fmt: skip
    said = tuple(tuple(text for text, _ in texts[trial.texts]) for trial in counted)
    return Standing(result, facts.fingerprint, facts.expectations, said, extra)
