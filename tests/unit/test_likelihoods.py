"""Log-probabilities: computed once for each model, adapter, conversation and reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from batched import BASE, NED, Batched, a_case, enqueued, texts

from persona_eval.errors import EngineError
from persona_eval.likelihoods import StoredLikelihood
from persona_eval.models.base import Message
from persona_eval.models.likelihood import LIKELIHOOD_VERSION
from persona_eval.runner import Runner

HI = (Message("user", "Hi"),)


@dataclass
class Likely(Batched):
    """Likes long replies, and notes what it is asked."""

    computed: list[str] = field(default_factory=list)

    def mean_logprobs(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        assert messages
        self.computed += replies
        return [-1.0 / len(reply) for reply in replies]


class Kept(dict[str, float]):
    """A store without a disk."""

    def get_likelihoods(self, keys: Sequence[str]) -> dict[str, float]:
        return {key: self[key] for key in keys if key in self}

    def put_likelihoods(self, values: Mapping[str, float]) -> None:
        self.update(values)


def test_what_is_known_is_not_computed_again() -> None:
    model, store = Likely(), Kept()
    likelihood = StoredLikelihood(Runner(model, {}), store, NED)  # type: ignore[arg-type]
    assert likelihood.mean_logprob(HI, ["ab", "abcd"]) == [-0.5, -0.25]
    assert likelihood.mean_logprob(HI, ["abcd", "a", "abcd"]) == [-0.25, -1.0, -0.25]
    assert model.computed == ["ab", "abcd", "a"]


def test_adapters_and_conversations_are_told_apart() -> None:
    model, store = Likely(), Kept()
    runner = Runner(model, {})  # type: ignore[arg-type]
    for adapter in (NED, BASE):
        for asked in (HI, (Message("user", "Bye"),)):
            StoredLikelihood(runner, store, adapter).mean_logprob(asked, ["ab"])
    assert len(store) == 4
    assert model.worn == [NED.folder, NED.folder, None, None]


def test_figures_of_an_older_reading_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    model, store = Likely(), Kept()
    likelihood = StoredLikelihood(Runner(model, {}), store, NED)  # type: ignore[arg-type]
    likelihood.mean_logprob(HI, ["ab"])
    monkeypatch.setattr("persona_eval.likelihoods.LIKELIHOOD_VERSION", LIKELIHOOD_VERSION + 1)
    likelihood.mean_logprob(HI, ["ab"])
    assert model.computed == ["ab", "ab"]


def test_the_batch_in_flight_finds_its_adapter_again() -> None:
    model = Likely(at_once=1)
    runner = enqueued(model, a_case("one"), a_case("two"))
    assert texts(runner, "two", NED) == [["HI"]]
    assert model.pending == 1
    StoredLikelihood(runner, Kept(), NED).mean_logprob(HI, ["ab"])
    assert model.worn == [NED.folder], "it is worn already"
    StoredLikelihood(runner, Kept(), BASE).mean_logprob(HI, ["ab"])
    assert model.worn == [NED.folder, None, NED.folder]
    assert texts(runner, "one", NED) == [["HI"]]


def test_a_model_that_cannot_tell_is_an_error() -> None:
    likelihood = StoredLikelihood(Runner(Batched(), {}), Kept(), BASE)  # type: ignore[arg-type]
    with pytest.raises(EngineError, match="batched does not tell how likely"):
        likelihood.mean_logprob(HI, ["ab"])
