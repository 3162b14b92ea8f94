"""What checks a case: replies from the runner, judgements, and a record for the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

import pytest

from persona_eval.errors import AdapterError, PersonaEvalError, ScorerError, StoreError
from persona_eval.history import stored_trial
from persona_eval.judging import Judgement, Planned, judge_trial, judged_pairs, plan
from persona_eval.likelihoods import StoredLikelihood
from persona_eval.models import memory
from persona_eval.pytest_plugin import adapters, options, xdist
from persona_eval.pytest_plugin.collect import CaseFailed, CaseItem, registry
from persona_eval.pytest_plugin.progress import progress_line
from persona_eval.pytest_plugin.recorder import ENGINE_OR_SCORER_ERROR
from persona_eval.reports.failure import failure_text
from persona_eval.results import CaseResult
from persona_eval.runner import Runner, Work, WornAdapter
from persona_eval.scorers.tools import prepare
from persona_eval.trials import Trial

if TYPE_CHECKING:
    from persona_eval.models.base import Model
    from persona_eval.scorers.base import Tools
    from persona_eval.store import Store

RECORD = pytest.StashKey[dict[str, Any]]()


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
        self._progress = progress_line(config)
        self.runner = Runner(
            model,
            store,
            fresh=bool(config.getoption("persona_fresh")),
            on_work=self._progress.show,
            before_wearing=adapters.Unchanged(worn.values()).require,
        )
        self.run = store.begin_run(self._about())
        self._plans: dict[str, tuple[Planned, ...]] = {}
        self._announced: set[str] = set()
        self._errors = 0

    def check(self, item: CaseItem) -> None:
        """Generate, judge and record a case. Raises CaseFailed when too few trials pass, and
        PersonaEvalError when a reply could not be generated or judged."""
        try:
            trials, judgements = self._judged(item)
        except Exception as error:
            self._errors += 1
            item.stash[RECORD] = self._record(item, error=str(error) or type(error).__name__)
            if isinstance(error, StoreError):  # each further case would meet it too
                item.session.shouldfail = f"{item.nodeid}: {error}"
            raise
        outcomes = [bool(judgement.passed) for judgement in judgements]
        result = CaseResult.of(item.case, outcomes, _preference(judgements))
        item.stash[RECORD] = self._record(item) | {"result": asdict(result)}
        item.user_properties += _properties(item, self.model, result)
        if not result.passed:
            raise CaseFailed(failure_text(result, trials, judgements))

    def close(self, session: pytest.Session) -> None:
        """Give memory back, and close the run with the exit status that is to be expected."""
        self.runner.close()
        failed = ENGINE_OR_SCORER_ERROR if self._errors else int(session.testsfailed > 0)
        self.store.end_run(self.run, int(session.exitstatus) or failed)

    def _judged(self, item: CaseItem) -> tuple[list[Trial], list[Judgement]]:
        self._announce(item)
        try:
            trials = self.runner.trials(self._adapter(item), item.key)
        finally:
            self._progress.wipe()
        judgements = self._judge(item, trials)
        kept = [
            stored_trial(item.suite, item.case.id, item.adapter, trial.replies, judgement)
            for trial, judgement in zip(trials, judgements, strict=True)
        ]
        self.store.add_trials(self.run, item.nodeid, kept)
        errors = dict.fromkeys(judgement.error for judgement in judgements if judgement.error)
        if errors:
            raise ScorerError("\n".join(errors))
        return trials, judgements

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
        if item.key in self._announced:
            return
        items = [other for other in item.session.items if isinstance(other, CaseItem)]
        if xdist.worker(self.config):
            items = [other for other in items if other.path == item.path]
        items = [other for other in items if not other.get_closest_marker("skip")]
        for name, adapter in self.worn.items():
            mine = [other for other in items if other.adapter == name]
            self.runner.enqueue(adapter, ((o.key, o.case, o.suite.persona) for o in mine))
        self._announced.update(other.key for other in items)

    def _judge(self, item: CaseItem, trials: Sequence[Trial]) -> list[Judgement]:
        case, persona = item.case, item.suite.persona
        planned = self._plan(item)
        replies = [[(r.text, r.finish_reason) for r in trial.replies] for trial in trials]
        tools = self._tools(item, planned)
        pairs = (judged_pairs(case, persona, planned, reply) for reply in replies)
        prepare(tools, chain.from_iterable(pairs))
        return [judge_trial(case, persona, planned, reply, tools) for reply in replies]

    def _tools(self, item: CaseItem, planned: Sequence[Planned]) -> Tools:
        """The session's tools, with those that belong to the item's adapter."""
        base = WornAdapter(adapters.BASE, None, adapters.NO_FINGERPRINT)
        return replace(
            self.tools,
            training_replies=self._training_replies(item, planned),
            likelihood=StoredLikelihood(self.runner, self.store, self._adapter(item)),
            base_likelihood=StoredLikelihood(self.runner, self.store, base),
        )

    def _plan(self, item: CaseItem) -> tuple[Planned, ...]:
        if item.key not in self._plans:
            self._plans[item.key] = plan(item.case, item.suite.persona, registry(self.config))
        return self._plans[item.key]

    def _training_replies(self, item: CaseItem, planned: Iterable[Planned]) -> list[str] | None:
        """Only read when a case asks whether a reply is memorised."""
        folder = self._adapter(item).folder
        if folder is None or not any("not_memorised" in entry.title for entry in planned):
            return None
        from persona_eval.training.recipe import RECIPE_FILE
        from persona_eval.training.recipe_file import load_recipe
        from persona_eval.training.train import read_sources

        if not (folder / RECIPE_FILE).is_file():
            return None
        conversations = read_sources(load_recipe(folder / RECIPE_FILE), folder).train
        return [m.content for c in conversations for m in c.messages if m.role == "assistant"]

    def _record(self, item: CaseItem, error: str | None = None) -> dict[str, Any]:
        return record(item, error) | {
            "model": self.model.name,
            "engine": self.model.engine,
            "work": asdict(self.runner.work),
            "peak_memory": memory.peak(),
            "memory": getattr(self.model, "memory", dict)(),
        }

    def _about(self) -> dict[str, Any]:
        return {
            "model": self.model.name,
            "model_fingerprint": self.model.fingerprint,
            "engine": self.model.engine,
            "adapters": {name: adapter.fingerprint for name, adapter in self.worn.items()},
            "worker": xdist.worker(self.config),
            "arguments": list(self.config.invocation_params.args),
        }


def record(item: CaseItem, error: str | None) -> dict[str, Any]:
    """What the controller must know about an item: plain JSON, as it may cross processes."""
    return {
        "node": item.nodeid,
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
    }


def _preference(judgements: Sequence[Judgement]) -> bool | None:
    """What `prefers` says of a case: the same in each trial, as nothing is sampled for it."""
    said = [s["passed"] for j in judgements for s in j.scores if s["expectation"] == "prefers"]
    return next((passed for passed in said if passed is not None), None)


def _properties(item: CaseItem, model: Model, result: CaseResult) -> list[tuple[str, object]]:
    return [
        ("model", model.name),
        ("adapter", item.adapter),
        ("category", result.category),
        ("trials", result.trials),
        ("rate", round(result.fraction, 4)),
    ]


@contextmanager
def ending_on_error(config: pytest.Config) -> Iterator[None]:
    """End the session with one message, instead of failing each test with the same one."""
    try:
        yield
    except PersonaEvalError as error:
        xdist.tell_controller(config, f"persona-eval: {error}")
        pytest.exit(f"persona-eval: {error}", returncode=pytest.ExitCode.USAGE_ERROR)


def default_model(config: pytest.Config) -> Model:
    """The model that options and ini file name. Raises ModelError."""
    from persona_eval.models.blas import limit_threads
    from persona_eval.models.locate import locate
    from persona_eval.models.mlx import MLXModel

    limit_threads(xdist.threads(config))
    spec = options.setting(config, "model") or "gemma3-270m"
    return MLXModel(locate(spec), config.getoption("persona_batch_size"))


def default_tools(config: pytest.Config, store: Store) -> Tools:
    """Vectors kept in the store; their models load when a text is new."""
    from persona_eval.scorers import tools

    chosen = options.setting(config, "embedder")
    folder = config.rootpath / chosen if chosen else None
    return tools.default_tools(folder if folder and folder.is_dir() else chosen, store)


def ready_adapters(config: pytest.Config, model: Model) -> dict[str, WornAdapter]:
    """The session's adapters, trained where that was asked for. Raises AdapterError."""
    from persona_eval.reports.training import ProgressLines

    writer = config.get_terminal_writer()
    ready = [
        adapters.ready_adapter(
            spec,
            adapters.adapters_root(config),
            model,
            train=bool(config.getoption("persona_train")),
            on_progress=ProgressLines(writer.line),
        )
        for spec in adapters.adapter_specs(config)
    ]
    return dict(zip(adapters.adapter_names(config), ready, strict=True))
