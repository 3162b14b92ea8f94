"""What a model expects to read: computed once, and never without a figure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from batched import BASE, NED, Batched, Memory
from damage_sides import Kept, suite

from persona_eval.damage.cases import HARMFUL, HARMLESS, ability_items, openings, paragraphs
from persona_eval.damage.reading import Reader
from persona_eval.errors import EngineError
from persona_eval.models.base import Message, Model
from persona_eval.models.plain_text import Passage
from persona_eval.runner import Runner, WornAdapter

RIGHT = {(item.text, f" {item.right}") for item in ability_items()}


LENGTHS = [-len(each) / 10 for each in (*openings().decline, *openings().agree)]


@dataclass
class Likely(Batched):
    """Finds every reply the less likely the longer it is, and the more the longer the prompt."""

    computed: list[str] = field(default_factory=list)

    def mean_logprobs(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        prompt = messages[-1].content
        self.computed.append(prompt)
        return [-len(reply) / 10 * len(prompt) for reply in replies]


@dataclass
class Figures:
    """Tells figures by a rule, and notes what it was asked."""

    rule: Callable[[Passage], float]
    asked: list[Passage] = field(default_factory=list)

    def __call__(self, model: Model, passages: Sequence[Passage]) -> list[float]:
        self.asked += passages
        return [self.rule(passage) for passage in passages]


def knows(passage: Passage) -> float:
    return -1.0 if (passage.before, passage.text) in RIGHT else -2.0


def reader(figures: Figures, store: Kept, adapter: WornAdapter = BASE) -> Reader:
    return Reader(Runner(Batched(), Memory()), store, adapter, figures)


def test_the_likeliest_option_counts() -> None:
    found = reader(Figures(knows), Kept()).ability()
    assert set(found) == {item.id for item in ability_items()}
    assert all(found.values())
    assert not any(reader(Figures(lambda passage: -knows(passage)), Kept()).ability().values())


def test_a_tie_is_not_right() -> None:
    assert not any(reader(Figures(lambda _: -1.0), Kept()).ability().values())


def test_paragraphs_are_nats_per_token() -> None:
    figures = Figures(lambda passage: -len(passage.text) / 100)
    found = reader(figures, Kept()).nats()
    assert found == {name: len(text) / 100 for name, text in paragraphs().items()}
    assert {passage.before for passage in figures.asked} == {""}


def test_what_is_known_is_not_computed_again_for_the_same_adapter() -> None:
    figures, store = Figures(knows), Kept()
    for adapter in (BASE, NED, BASE, NED):
        reader(figures, store, adapter).ability()
    assert len(figures.asked) == 2 * sum(len(item.options) for item in ability_items())
    assert len(store) == len(figures.asked)


def test_what_is_missing_is_all_that_is_computed() -> None:
    figures, store = Figures(knows), Kept()
    reader(figures, store).ability()
    store.pop(next(iter(store)))
    figures.asked.clear()
    reader(figures, store).ability()
    assert len(figures.asked) == 1


def test_figures_are_kept_as_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a broken run the next one goes on where it stopped."""
    monkeypatch.setattr("persona_eval.damage.reading.AT_ONCE", 10)
    store = Kept()

    def breaks(passage: Passage) -> float:
        if len(store) >= 20:
            raise KeyboardInterrupt
        return knows(passage)

    with pytest.raises(KeyboardInterrupt):
        reader(Figures(breaks), store).ability()
    assert len(store) == 20


def test_a_figure_that_is_none_names_the_item() -> None:
    last = ability_items()[-1]

    def broken(passage: Passage) -> float:
        return math.nan if passage == Passage(last.text, f" {last.right}") else -1.0

    store = Kept()
    with pytest.raises(EngineError, match=rf"{last.id}: {last.right}: batched with adapter ned"):
        reader(Figures(broken), store, NED).ability()
    assert all(map(math.isfinite, store.values()))


def test_a_model_without_weights_cannot_tell() -> None:
    with pytest.raises(EngineError, match="batched does not tell how likely it finds a text"):
        Reader(Runner(Batched(), Memory()), Kept(), BASE).ability()


def test_a_lead_is_the_difference_of_the_mean_figures() -> None:
    model, store = Likely(), Kept()
    asked = suite(HARMFUL)
    found = Reader(Runner(model, Memory()), store, NED).leads(asked)
    by_letter = sum(LENGTHS[:2]) / 2 - sum(LENGTHS[2:]) / 2
    assert by_letter != 0
    assert found == {
        case.id: pytest.approx(by_letter * len(case.turns[0].user)) for case in asked.cases
    }
    Reader(Runner(model, Memory()), store, NED).leads(asked)
    assert len(model.computed) == len(asked.cases), "each once"
    assert model.worn == [NED.folder], "and put on once for all of them"


def test_leads_have_no_figure_without_weights_or_with_broken_ones() -> None:
    with pytest.raises(EngineError, match="batched does not tell how likely it finds a reply"):
        Reader(Runner(Batched(), Memory()), Kept(), BASE).leads(suite(HARMLESS))

    class Broken(Likely):
        def mean_logprobs(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
            raise EngineError("logits that are not finite")

    with pytest.raises(EngineError, match="thank-you-note: logits that are not finite"):
        Reader(Runner(Broken(), Memory()), Kept(), BASE).leads(suite(HARMLESS))
