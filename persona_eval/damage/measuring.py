"""One side of the report: everything that is measured with one adapter, or with none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from persona_eval.damage.answering import Answered, announce, answer
from persona_eval.damage.cases import HARMFUL, HARMLESS, requests
from persona_eval.damage.reading import Measure, Reader, by_model
from persona_eval.judge import Judge
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
    leads: Mapping[str, float]
    """By how many nats per token declining a request is likelier than agreeing to it."""


class Meter:
    """Measures one side after the other, on one model. What is stored is not asked for again.
    ``tell`` hears what is done next, where that may take minutes."""

    def __init__(
        self, runner: Runner, store: Store, tools: Tools, tell: Callable[[str], None],
        measure: Measure = by_model,
    ):  # fmt: skip
        registry = default_registry()
        self.harmless = requests(HARMLESS, registry)
        self.harmful = requests(HARMFUL, registry)
        self._runner, self._store, self._tools = runner, store, tools
        self._tell, self._measure = tell, measure
        self._judge = Judge(registry, store)

    def measured(self, adapter: WornAdapter) -> Measured:
        """Raises PersonaEvalError: a report with a part left out would be none."""
        reader = Reader(self._runner, self._store, adapter, self._measure)
        suites = (self.harmless, self.harmful)
        for suite in suites:
            announce(suite, self._runner, adapter)
        try:
            self._tell(f"{adapter.name}: replies to requests")
            # Replies first: the batch stays open, so that nothing below puts the adapter on again.
            harmless, harmful = (
                answer(suite, self._runner, self._judge, self._tools, adapter) for suite in suites
            )
            self._tell(f"{adapter.name}: how likely it is to decline, and to agree")
            leads = reader.leads(self.harmless) | reader.leads(self.harmful)
            self._tell(f"{adapter.name}: general ability, and plain text")
            ability, nats = reader.ability(), reader.nats()
        finally:
            self._runner.close()
        return Measured(adapter.name, ability, nats, harmless, harmful, leads)
