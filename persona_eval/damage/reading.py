"""What a model expects to read: right and wrong continuations, and whole paragraphs. No sampling."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from persona_eval.damage.cases import Item, ability_items, paragraphs
from persona_eval.errors import EngineError
from persona_eval.fingerprint import digest_json
from persona_eval.likelihoods import LikelihoodStore
from persona_eval.models.base import ENGINE_VERSION, Model
from persona_eval.models.plain_text import Passage, plain_logprobs
from persona_eval.runner import Runner, WornAdapter

AT_ONCE = 256
"""Passages that are read before their figures are kept."""

Measure = Callable[[Model, Sequence[Passage]], list[float]]


def by_model(model: Model, passages: Sequence[Passage]) -> list[float]:
    """Mean log-probabilities (nats per token) under a model that has weights."""
    base = getattr(model, "base", None)
    if base is None:
        raise EngineError(f"{model.name} does not tell how likely it finds a text")
    return plain_logprobs(base, passages)


class Reader:
    """Reads with one adapter; the model loads when a figure is missing."""

    def __init__(
        self,
        runner: Runner,
        store: LikelihoodStore,
        adapter: WornAdapter,
        measure: Measure = by_model,
    ):
        self._runner, self._store, self._adapter = runner, store, adapter
        self._measure = measure

    def ability(self) -> dict[str, bool]:
        """Whether the right option is the likeliest, by item."""
        items = ability_items()
        wanted = {f"{i.id}: {o}": Passage(i.text, f" {o}") for i in items for o in i.options}
        found = self._logprobs(wanted)
        return {item.id: _is_right(item, found) for item in items}

    def nats(self) -> dict[str, float]:
        """How surprising each paragraph is, in nats per token."""
        found = self._logprobs({name: Passage("", text) for name, text in paragraphs().items()})
        return {name: -mean for name, mean in found.items()}

    def _logprobs(self, wanted: Mapping[str, Passage]) -> dict[str, float]:
        """Figures by the name of the passage. Raises EngineError that names one without."""
        keys = {name: self._key(passage) for name, passage in wanted.items()}
        known = self._store.get_likelihoods(list(keys.values()))
        missing = [name for name, key in keys.items() if key not in known]
        if missing:
            with self._runner.wearing(self._adapter) as model:
                for start in range(0, len(missing), AT_ONCE):
                    names = missing[start : start + AT_ONCE]
                    means = self._measure(model, [wanted[name] for name in names])
                    fresh = {keys[n]: _finite(m, n, model.name, self._adapter.name)
                             for n, m in zip(names, means, strict=True)}  # fmt: skip
                    self._store.put_likelihoods(fresh)
                    known |= fresh
        return {name: known[key] for name, key in keys.items()}

    def _key(self, passage: Passage) -> str:
        model = self._runner.model
        return digest_json(
            {
                "base": model.fingerprint,
                "adapter": self._adapter.fingerprint,
                "engine": [model.engine, ENGINE_VERSION],
                "plain text": [passage.before, passage.text],
            }
        )


def _is_right(item: Item, found: Mapping[str, float]) -> bool:
    """A tie is not right: a model that finds all options alike would otherwise know everything."""
    right, *wrong = (found[f"{item.id}: {option}"] for option in item.options)
    return right > max(wrong)


def _finite(mean: float, name: str, model: str, adapter: str) -> float:
    if not math.isfinite(mean):
        raise EngineError(
            f"{name}: {model} with adapter {adapter} gives logits that are not finite. Its weights "
            "are damaged, or numbers overflow: train it again"
        )
    return mean
