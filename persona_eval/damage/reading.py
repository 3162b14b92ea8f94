"""What a model expects to read: right and wrong continuations, whole paragraphs, and how a reply
begins. No sampling."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from statistics import fmean
from typing import Any

from persona_eval.damage.cases import Item, ability_items, openings, paragraphs
from persona_eval.errors import EngineError
from persona_eval.fingerprint import digest_json
from persona_eval.likelihoods import LikelihoodStore
from persona_eval.models.base import ENGINE_VERSION, Message, Model
from persona_eval.models.likelihood import LIKELIHOOD_VERSION
from persona_eval.models.plain_text import Passage, plain_logprobs
from persona_eval.runner import Runner, WornAdapter
from persona_eval.suite.models import Suite
from persona_eval.trials import conversation

AT_ONCE = 256
"""Figures that are computed before they are kept."""

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

    def leads(self, suite: Suite) -> dict[str, float]:
        """By how many nats per token declining is likelier than agreeing, by case of a suite."""
        asked = {case.id: conversation(case, suite.persona, 0, ()) for case in suite.cases}
        same = {"read": LIKELIHOOD_VERSION, "openings": openings().model_dump()}
        keys = {
            name: {"messages": [asdict(m) for m in messages], **same}
            for name, messages in asked.items()
        }
        return self._figures(
            keys, lambda model, names: [_lead(model, name, asked[name]) for name in names]
        )

    def _logprobs(self, wanted: Mapping[str, Passage]) -> dict[str, float]:
        keys = {name: {"plain text": asdict(passage)} for name, passage in wanted.items()}
        return self._figures(
            keys, lambda model, names: self._measure(model, [wanted[name] for name in names])
        )

    def _figures(
        self,
        keys: Mapping[str, Mapping[str, Any]],
        compute: Callable[[Model, Sequence[str]], Sequence[float]],
    ) -> dict[str, float]:
        """Figures by name. ``keys`` say what they depend on besides model and adapter. Raises
        EngineError that names one without."""
        digests = {name: self._digest(key) for name, key in keys.items()}
        known = self._store.get_likelihoods(list(digests.values()))
        missing = [name for name, digest in digests.items() if digest not in known]
        if missing:
            with self._runner.wearing(self._adapter) as model:
                for start in range(0, len(missing), AT_ONCE):
                    names = missing[start : start + AT_ONCE]
                    found = zip(names, compute(model, names), strict=True)
                    fresh = {digests[name]: self._finite(name, value) for name, value in found}
                    self._store.put_likelihoods(fresh)
                    known |= fresh
        return {name: known[digest] for name, digest in digests.items()}

    def _digest(self, key: Mapping[str, Any]) -> str:
        model = self._runner.model
        engine = [model.engine, ENGINE_VERSION]
        worn = {"base": model.fingerprint, "adapter": self._adapter.fingerprint, "engine": engine}
        return digest_json({**worn, **key})

    def _finite(self, name: str, value: float) -> float:
        if not math.isfinite(value):
            raise EngineError(
                f"{name}: {self._runner.model.name} with adapter {self._adapter.name} gives logits "
                "that are not finite. Its weights are damaged, or numbers overflow: train it again"
            )
        return value


def _is_right(item: Item, found: Mapping[str, float]) -> bool:
    """A tie is not right: a model that finds all options alike would otherwise know everything."""
    right, *wrong = (found[f"{item.id}: {option}"] for option in item.options)
    return right > max(wrong)


def _lead(model: Model, name: str, messages: Sequence[Message]) -> float:
    compute = getattr(model, "mean_logprobs", None)
    if compute is None:
        raise EngineError(f"{model.name} does not tell how likely it finds a reply")
    decline, agree = openings().decline, openings().agree
    try:
        found = compute(messages, [*decline, *agree])
    except EngineError as error:
        raise EngineError(f"{name}: {error}") from error
    return fmean(found[: len(decline)]) - fmean(found[len(decline) :])
