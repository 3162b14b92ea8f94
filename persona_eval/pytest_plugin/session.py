"""What checks a case: replies from the runner, judgements, and a record for the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from persona_eval.errors import AdapterError, ScorerError, StoreError
from persona_eval.gate import CaseVerdict, case_verdict, must_pass
from persona_eval.history import Runs
from persona_eval.identity import place_of
from persona_eval.judge import Judge, model_digest
from persona_eval.judging import asks_for
from persona_eval.likelihoods import StoredLikelihood
from persona_eval.models import memory
from persona_eval.overlap.learnt import TrainingData
from persona_eval.pytest_plugin import adapters, junit, xdist
from persona_eval.pytest_plugin.about import about_run
from persona_eval.pytest_plugin.casework import Casework
from persona_eval.pytest_plugin.collect import CONVERSATION, CaseFailed, CaseItem, registry
from persona_eval.pytest_plugin.folders import FOLDERS, require_same_model
from persona_eval.pytest_plugin.progress import progress_line
from persona_eval.pytest_plugin.recorder import ENGINE_OR_SCORER_ERROR
from persona_eval.reports.copies import copies_of
from persona_eval.reports.failure import failure_text
from persona_eval.reports.plain import printable
from persona_eval.reports.transcript import Told
from persona_eval.results import CaseResult
from persona_eval.runner import Runner, Work, WornAdapter
from persona_eval.standings import design_of
from persona_eval.trials import Trial

if TYPE_CHECKING:
    from persona_eval.models.base import Model
    from persona_eval.scorers.base import Tools
    from persona_eval.store import Store

RECORD = pytest.StashKey[dict[str, Any]]()
TOLD = pytest.StashKey[Sequence[Told]]()
"""The trials of an item, as reports tell them."""


class PersonaSession:
    """Checks cases, on one model, with the session's adapters."""

    def __init__(
        self,
        config: pytest.Config,
        model: Model,
        worn: Mapping[str, WornAdapter],
        store: Store,
        tools: Tools,
    ):
        self.config, self.model, self.worn = config, model, worn
        self.store, self.tools = store, tools
        self.folders = config.stash[FOLDERS]
        require_same_model(self.folders.values(), model)
        self.candidate = adapters.adapter_names(config)[0]
        self._progress = progress_line(config)
        self.runner = Runner(
            model,
            store,
            fresh=bool(config.getoption("persona_fresh")),
            on_work=self._progress.show,
            before_wearing=adapters.Unchanged(worn.values()).require,
        )
        self._judge = Judge(registry(config), store)
        self._work: dict[tuple[str, str], Casework] = {}
        self._errors = 0
        self.runs = Runs(store)
        about = about_run(config, model, worn, tools, self.folders.values())
        self._adapters, self._data = about["adapters"], TrainingData(config.rootpath)
        self.run = self.runs.begin(xdist.session_token(config), about)
        xdist.tell(config, {
            "run": self.run,
            "candidate": self.candidate,
            "store": str(store.path),
            "folders": [folder.to_json(model.engine) for folder in self.folders.values()],
            "about": about,
        })  # fmt: skip

    def check(self, item: CaseItem) -> None:
        """Generate, judge and record a case. Raises CaseFailed when it fails and that closes the
        gate, and PersonaEvalError when a reply could not be generated or judged."""
        item.user_properties += junit.identity(item, self.model.name)
        try:
            work, trials = self._worked_out(item)
        except Exception as error:
            self._errors += 1
            item.user_properties.append(("error", printable(str(error))))
            item.stash[RECORD] = self._record(item, error=str(error) or type(error).__name__)
            if isinstance(error, StoreError):  # each further case would meet it too
                item.session.shouldfail = f"{item.nodeid}: {error}"
            raise
        pair = work.pair(trials)
        result = pair.result
        verdict = self._verdict(item, work, result, pair)
        item.stash[RECORD] = self._record(item) | {
            "result": result.to_json(),
            "verdict": asdict(verdict),
            "before": pair.before.to_json() if pair.before else None,
            "after": pair.after.to_json() if pair.after else None,
            "uncompared": work.compared and pair.status in ("new", "changed"),
        }
        item.user_properties += junit.figures(result, verdict)
        full = self.config.get_verbosity() > 0
        said = failure_text(result, item.stash[TOLD], verdict.reason, full)
        item.stash[CONVERSATION] = "\n".join([said, *copies_of(result)])
        if verdict.fails or (self.config.getoption("runxfail") and not result.passed):
            raise CaseFailed(item.stash[CONVERSATION])
        if not result.passed:
            _excuse(item, verdict)

    def close(self, session: pytest.Session) -> None:
        """Give memory back, and close the run with the exit status that is to be expected."""
        self.runner.close()
        failed = ENGINE_OR_SCORER_ERROR if self._errors else int(session.testsfailed > 0)
        self.runs.end(self.run, int(session.exitstatus) or failed)

    def _verdict(
        self, item: CaseItem, work: Casework, result: CaseResult, pair: Any
    ) -> CaseVerdict:
        """What the case means for the gate, which only the candidate has to pass."""
        if item.adapter != self.candidate:
            reason = f"{item.adapter} is not the candidate: {self.candidate} is"
            return CaseVerdict(False, "" if result.passed else reason)
        policy = work.folder.policy
        required = must_pass(policy, item.case)
        verdict = case_verdict(policy, result, pair if work.compared else None, required)
        if item.case.xfail and not result.passed and not (required or (pair and pair.lost)):
            return CaseVerdict(False, f"expected to fail: {item.case.xfail}")
        return verdict

    def _worked_out(self, item: CaseItem) -> tuple[Casework, list[Trial]]:
        self._announce(item)
        try:
            trials = self.runner.trials(self._adapter(item), item.key)
        finally:
            self._progress.wipe()
        work = self._work[item.adapter, item.key]
        self.runs.add(self.run, item.adapter, work.facts, work.kept(trials))
        item.stash[TOLD] = work.told(trials)
        if work.error:
            raise ScorerError(work.error)
        return work, trials

    def _adapter(self, item: CaseItem) -> WornAdapter:
        if item.adapter not in self.worn:
            raise AdapterError(
                f"the fixture persona_adapters holds no `{item.adapter}`; it holds: "
                f"{', '.join(self.worn) or 'none'}"
            )
        return self.worn[item.adapter]

    def _announce(self, item: CaseItem) -> None:
        """Announce the cases that will be asked for, so that they share a batch: the whole
        session's, or under xdist, where each worker sees all items, those of this file."""
        if (item.adapter, item.key) in self._work:
            return
        items = [other for other in item.session.items if isinstance(other, CaseItem)]
        if xdist.worker(self.config):
            items = [other for other in items if other.path == item.path]
        items = [other for other in items if not other.get_closest_marker("skip")]
        for other in items:
            if other.adapter in self.worn:
                self._work[other.adapter, other.key] = self._casework(other)
        for name, adapter in self.worn.items():
            mine = [other for other in items if other.adapter == name]
            cases = ((o.key, o.case, o.suite.persona) for o in mine)
            self.runner.enqueue(adapter, cases, partial(self._more, name))

    def _more(self, adapter: str, name: str, trials: list[Trial]) -> int:
        return self._work[adapter, name].more(trials)

    def _casework(self, item: CaseItem) -> Casework:
        folder, adapter = self.folders[item.path.parent], self.worn[item.adapter]
        asked = model_digest(self.model.fingerprint, self.model.engine, adapter.fingerprint)
        tools = self._tools(item, adapter)
        rules = self._judge.rules(item.case, item.suite.persona, tools, asked)
        section = folder.baseline.section(self.model.engine) if folder.baseline else None
        compared = section is not None and item.adapter == self.candidate
        design = design_of(item.case, folder.policy)
        learnt = self._data.of(self._adapters[item.adapter])
        return Casework(
            item, folder, design, rules, self._judge, compared, self.model.engine, learnt,
            self.store,
        )  # fmt: skip

    def _tools(self, item: CaseItem, adapter: WornAdapter) -> Tools:
        """The session's tools, with those that belong to the item's adapter."""
        base = WornAdapter(adapters.BASE, None, adapters.NO_FINGERPRINT)
        return replace(
            self.tools,
            training_replies=_training_replies(item, adapter),
            likelihood=StoredLikelihood(self.runner, self.store, adapter),
            base_likelihood=StoredLikelihood(self.runner, self.store, base),
        )

    def _record(self, item: CaseItem, error: str | None = None) -> dict[str, Any]:
        return record(item, error) | {
            "model": self.model.name,
            "engine": self.model.engine,
            "work": asdict(self.runner.work),
            "peak_memory": memory.peak(),
            "memory": getattr(self.model, "memory", dict)(),
            "trials": item.stash.get(TOLD, []),
        }


def record(item: CaseItem, error: str | None) -> dict[str, Any]:
    """What the controller must know about an item: plain JSON, as it may cross processes."""
    return {
        "node": item.nodeid,
        "folder": item.path.parent.name,
        "case": f"{place_of(item.path)}::{item.case.id}",
        "adapter": item.adapter,
        "category": item.case.category,
        "persona": item.suite.persona.name,
        "model": None,
        "engine": None,
        "worker": xdist.worker(item.config),
        "work": asdict(Work()),
        "peak_memory": 0,
        "memory": {},
        "error": error,
        "result": None,
        "trials": [],
    }


def _excuse(item: CaseItem, verdict: CaseVerdict) -> None:
    """End a failing case that does not close the gate. One that its author expects to fail is
    the mark's business."""
    if item.case.xfail:
        raise CaseFailed(item.stash[CONVERSATION])
    pytest.xfail(verdict.reason)


def _training_replies(item: CaseItem, adapter: WornAdapter) -> list[str] | None:
    """Only read when a case asks whether a reply is memorised."""
    if adapter.folder is None or not asks_for(item.case, "not_memorised"):
        return None
    from persona_eval.training.train import training_replies

    return training_replies(adapter.folder)
