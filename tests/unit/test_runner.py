"""Trials driven to their end: from the store where it has them, from the model else."""

from __future__ import annotations

from pathlib import Path

import pytest
from batched import BASE, BO, NED, Batched, Memory, a_case, enqueued, texts
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import EngineError
from persona_eval.models.base import Request
from persona_eval.models.scripted import ScriptedModel
from persona_eval.runner import Runner, Work, WornAdapter
from persona_eval.suite.card import Generation


def test_a_case_is_generated_when_it_is_asked_for_and_not_before() -> None:
    model = ScriptedModel({"hi": "ho", "bye": "so long"})
    runner = enqueued(model, a_case("one", trials=2), a_case("two", "bye"))
    assert model.asked == []
    assert texts(runner, "one") == [["ho"], ["ho"]]
    assert runner.work.generated == 2, "lazily: the other one is in flight"
    assert len(model.asked) == 3
    assert texts(runner, "two") == [["so long"]]


@given(st.integers(1, 7), st.permutations([f"case-{n}" for n in range(5)]))
def test_in_whatever_order_and_batch_each_reply_is_generated_once(
    at_once: int, order: list[str]
) -> None:
    model = Batched(at_once=at_once)
    cases = [a_case(f"case-{n}", "hi", "and", "bye", trials=n + 1) for n in range(5)]
    runner = enqueued(model, *cases)
    for name in order:
        trials = int(name[-1]) + 1
        assert texts(runner, name) == [["HI", "AND", "BYE"]] * trials
    assert len(model.asked) == len(set(model.asked)) == 3 * 15
    assert runner.work.generated == 45


def test_announcing_again_is_harmless() -> None:
    model = ScriptedModel({}, default="ho")
    runner = enqueued(model, a_case("one"))
    first = runner.trials(BASE, "one")
    runner.enqueue(BASE, [("one", a_case("one"), BO)])
    assert runner.trials(BASE, "one") is first
    assert len(model.asked) == 1


def test_stored_replies_are_not_generated_again() -> None:
    store, talk = Memory(), a_case("one", "hi", "bye")
    enqueued(ScriptedModel({"hi": "ho", "bye": "so long"}), talk, store=store).trials(BASE, "one")
    model = ScriptedModel({})
    runner = enqueued(model, talk, store=store)
    assert texts(runner, "one") == [["ho", "so long"]]
    assert model.asked == []
    assert (runner.work.stored, runner.work.generated) == (2, 0)
    assert runner.work.had == 2


def test_half_a_conversation_is_taken_up_where_it_ended() -> None:
    store, talk = Memory(), a_case("one", "hi", "bye")
    first = enqueued(ScriptedModel({"hi": "ho"}), talk, store=store)
    with pytest.raises(EngineError, match="broke off: KeyError"):
        first.trials(BASE, "one")
    model = ScriptedModel({"bye": "so long"})
    runner = enqueued(model, talk, store=store)
    assert texts(runner, "one") == [["ho", "so long"]]
    assert (runner.work.stored, runner.work.generated) == (1, 1)


def test_fresh_generates_anew_and_keeps_it() -> None:
    store = Memory()
    enqueued(ScriptedModel({}, default="old"), a_case("one"), store=store).trials(BASE, "one")
    runner = enqueued(ScriptedModel({}, default="new"), a_case("one"), store=store, fresh=True)
    assert texts(runner, "one") == [["new"]]
    assert [reply.text for reply in store.values()] == ["new"]


def test_adapters_do_not_share_replies() -> None:
    model = ScriptedModel(lambda request: f"in {model.worn}")
    runner = enqueued(model, a_case("one"))
    assert texts(runner, "one", BASE) == [["in None"]]
    assert texts(runner, "one", NED) == [["in ned"]]


def test_going_to_and_fro_between_adapters_loses_nothing() -> None:
    model = Batched(at_once=1)
    runner = enqueued(model, a_case("one"), a_case("two"), a_case("three"))
    for name in ("one", "two", "three"):
        for adapter in (NED, BASE):
            assert texts(runner, name, adapter) == [["HI"]]
    assert runner.work.generated == 6


def test_the_same_adapter_is_put_on_once() -> None:
    model = Batched()
    runner = enqueued(model, a_case("one"), a_case("two"))
    runner.trials(NED, "one")
    runner.trials(NED, "two")
    assert model.worn == [NED.folder]


def test_what_two_suites_want_is_asked_once_and_given_to_both() -> None:
    model = Batched()
    runner = Runner(model, Memory())  # type: ignore[arg-type]
    same = a_case("same", "hi", "bye")
    runner.enqueue(BASE, [("a::same", same, BO), ("b::same", same, BO)])
    assert texts(runner, "b::same") == texts(runner, "a::same") == [["HI", "BYE"]]
    assert len(model.asked) == runner.work.generated == 2


KEYS = {
    "model": lambda key: key(fingerprint="other"),
    "engine": lambda key: key(engine="metal-bfloat16"),
    "adapter": lambda key: key(adapter=WornAdapter("base", None, "other")),
    "trial": lambda key: key(key="one/1/0/0"),
    "message": lambda key: key(prompt="ho"),
    "settings": lambda key: key(generation=Generation(top_k=7)),
}


def store_key(
    fingerprint: str = "b",
    engine: str = "test",
    adapter: WornAdapter = BASE,
    key: str = "one/0/0/0",
    prompt: str = "hi",
    generation: Generation = Generation(),  # noqa: B008 - frozen
) -> str:
    from persona_eval.models.base import Message

    runner = Runner(Batched(fingerprint=fingerprint, engine=engine), Memory())  # type: ignore[arg-type]
    return runner.key(adapter, Request(key, (Message("user", prompt),), generation))


@pytest.mark.parametrize("what", KEYS)
def test_a_stored_reply_is_known_by_all_that_it_depends_on(what: str) -> None:
    assert KEYS[what](store_key) != store_key()
    assert store_key() == store_key(adapter=WornAdapter("another name", Path("x"), "none"))


def test_work_is_counted_and_reported() -> None:
    seen: list[tuple[int, int, int]] = []
    runner = Runner(
        ScriptedModel({}, default="one two"),
        Memory(),
        on_work=lambda work: seen.append((work.generated, work.had, work.wanted)),
    )
    runner.enqueue(BASE, [("one", a_case("one", trials=3), BO)])
    runner.trials(BASE, "one")
    assert seen == [(1, 1, 3), (2, 2, 3), (3, 3, 3)]
    assert runner.work.tokens == 9
    assert runner.work.seconds > 0
    assert runner.work.tokens_per_second == 9 / runner.work.seconds
    assert Work().tokens_per_second == 0
