"""One side of the report: everything that is measured with one adapter, or with none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from persona_eval.damage.answering import Answered, announce, answer
from persona_eval.damage.cases import HARMFUL, HARMLESS, requests
from persona_eval.damage.reading import Measure, Reader, by_model
from persona_eval.judge import Judge
from persona_eval.likelihoods import StoredLikelihood
from persona_eval.runner import Runner, WornAdapter
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import default_registry
from persona_eval.store import Store


@dataclass(frozen=True)
class Measured:
    """What one side came to, by case."""

    name: str
    ability: Mapping[str, bool]
    """Whether the right option is the likeliest."""
    nats: Mapping[str, float]
    """How surprising a paragraph is, per token."""
    harmless: Mapping[str, Answered]
    harmful: Mapping[str, Answered]


class Meter:
    """Measures one side after the other, on one model. What is stored is not asked for again."""

    def __init__(self, runner: Runner, store: Store, tools: Tools, measure: Measure = by_model):
        registry = default_registry()
        self.harmless = requests(HARMLESS, registry)
        self.harmful = requests(HARMFUL, registry)
        self._runner, self._store, self._tools = runner, store, tools
        self._measure = measure
        self._judge = Judge(registry, store)

    def measured(self, adapter: WornAdapter) -> Measured:
        """Raises PersonaEvalError: a report with a part left out would be none."""
        likelihood = StoredLikelihood(self._runner, self._store, adapter)
        # `answerable` asks for both; nothing here looks at the base's.
        tools = replace(self._tools, likelihood=likelihood, base_likelihood=likelihood)
        reader = Reader(self._runner, self._store, adapter, self._measure)
        suites = (self.harmless, self.harmful)
        for suite in suites:
            announce(suite, self._runner, adapter)
        try:
            # Replies first: the batch stays open, so that nothing below puts the adapter on again.
            harmless, harmful = (
                answer(suite, self._runner, self._judge, tools, adapter) for suite in suites
            )
            return Measured(adapter.name, reader.ability(), reader.nats(), harmless, harmful)
        finally:
            self._runner.close()
