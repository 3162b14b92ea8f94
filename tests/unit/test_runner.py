"""Trials driven to their end: from the store where it has them, from the model else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from exchanges import case
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import AdapterError, EngineError, ModelError
from persona_eval.models.base import Reply, Request
from persona_eval.models.scripted import ScriptedModel
from persona_eval.runner import Runner, Work, WornAdapter
from persona_eval.suite.models import Case, Generation, Persona, Turn

BO = Persona(name="Bo")
BASE, NED = WornAdapter("base", None, "none"), WornAdapter("ned", Path("ned"), "f1")


class Memory(dict[str, Reply]):
    """A store without a disk."""

    def put(self, key: str, request: Request, reply: Reply) -> None:
        self[key] = reply


@dataclass
class Batched:
    """A model that answers ``at_once`` requests a step, last come first served."""

    answer: Callable[[Request], str] = lambda request: request.messages[-1].content.upper()
    at_once: int = 3
    refuses: Callable[[Request], bool] = lambda request: False
    name: str = "batched"
    engine: str = "test"
    fingerprint: str = "b"
    worn: list[Path | None] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    waiting: list[Request] = field(default_factory=list)
    closed: int = 0

    def wear(self, adapter: Path | None) -> None:
        self.worn.append(adapter)

    def open(self) -> Batched:
        return self

    @property
    def pending(self) -> int:
        return len(self.waiting)

    def submit(self, requests: Sequence[Request]) -> None:
        for request in requests:
            if self.refuses(request):
                raise EngineError(f"{request.key} is too long")
            self.asked.append(request.key)
            self.waiting.append(request)

    def step(self) -> list[tuple[Request, Reply]]:
        done, self.waiting = self.waiting[-self.at_once :], self.waiting[: -self.at_once]
        return [(r, Reply(self.answer(r), "stop", 2, 1, 0.0)) for r in reversed(done)]

    def close(self) -> None:
        self.closed += 1
        self.waiting.clear()


def a_case(name: str, *prompts: str, trials: int = 1) -> Case:
    turns = tuple(Turn(user=prompt) for prompt in prompts or ("hi",))
    return case(turns=turns, trials=trials).model_copy(update={"id": name})


def enqueued(model: object, *cases: Case, store: Memory | None = None, **options: bool) -> Runner:
    runner = Runner(model, Memory() if store is None else store, **options)  # type: ignore[arg-type]
    for adapter in (BASE, NED):
        runner.enqueue(adapter, [(each.id, each, BO) for each in cases])
    return runner


def texts(runner: Runner, name: str, adapter: WornAdapter = BASE) -> list[list[str]]:
    return [[reply.text for reply in trial.replies] for trial in runner.trials(adapter, name)]


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


# When generation fails


def test_a_refused_request_is_the_trouble_of_its_own_case_alone() -> None:
    model = Batched(refuses=lambda request: request.key.startswith("long"))
    runner = enqueued(model, a_case("one"), a_case("long", trials=2), a_case("two"))
    assert texts(runner, "one") == [["HI"]]
    for _ in range(2):
        with pytest.raises(EngineError, match="long/0/0/0 is too long"):
            runner.trials(BASE, "long")
    assert texts(runner, "two") == [["HI"]]
    assert len(model.asked) == 2


def test_what_a_model_raises_is_explained_and_kept_as_the_cause() -> None:
    runner = enqueued(ScriptedModel({}), a_case("one"))
    with pytest.raises(EngineError, match=r"KeyError: 'hi'.*finished are kept") as caught:
        runner.trials(BASE, "one")
    assert isinstance(caught.value.__cause__, KeyError)


def test_errors_of_this_package_are_not_wrapped() -> None:
    def refuse(request: Request) -> str:
        raise ModelError("the chat template refuses")

    with pytest.raises(ModelError, match=r"^the chat template refuses$"):
        enqueued(ScriptedModel(refuse), a_case("one")).trials(BASE, "one")


def test_after_a_failed_step_all_else_begins_anew_without_the_culprit() -> None:
    failing = ["two"]

    def answer(request: Request) -> str:
        if request.key.split("/")[0] in failing:
            raise MemoryError("full")
        return "fine"

    model = Batched(answer, at_once=1)
    runner = enqueued(model, a_case("three"), a_case("two"), a_case("one"))
    assert texts(runner, "one") == [["fine"]]
    with pytest.raises(EngineError, match="MemoryError: full"):
        runner.trials(BASE, "two")
    assert model.closed == 1
    assert texts(runner, "three") == [["fine"]]
    assert model.asked == ["three/0/0/0", "two/0/0/0", "one/0/0/0", "three/0/0/0"]


def test_an_error_of_one_request_leaves_its_neighbours_alone() -> None:
    class Damaged(Batched):
        def step(self) -> list[tuple[Request, Reply | EngineError]]:  # type: ignore[override]
            return [
                (asked, EngineError("NaN") if asked.key.startswith("two") else reply)
                for asked, reply in super().step()
            ]

    runner = enqueued(Damaged(), a_case("one"), a_case("two"), a_case("three"))
    with pytest.raises(EngineError, match="NaN"):
        runner.trials(BASE, "two")
    assert texts(runner, "one") == texts(runner, "three") == [["HI"]]


def test_an_adapter_may_be_looked_at_before_it_is_worn() -> None:
    def look(adapter: WornAdapter) -> None:
        if adapter == NED:
            raise AdapterError("ned was changed")

    runner = Runner(Batched(), Memory(), before_wearing=look)  # type: ignore[arg-type]
    for adapter in (BASE, NED):
        runner.enqueue(adapter, [("one", a_case("one"), BO)])
    with pytest.raises(AdapterError, match="was changed"):
        runner.trials(NED, "one")
    assert texts(runner, "one") == [["HI"]]


def test_a_batch_that_stops_answering_is_no_endless_loop() -> None:
    class Silent(Batched):
        def step(self) -> list[tuple[Request, Reply]]:
            self.waiting.clear()
            return []

    with pytest.raises(EngineError, match="nothing left to do, but replies are missing"):
        enqueued(Silent(), a_case("one")).trials(BASE, "one")


def test_an_adapter_that_does_not_fit_fails_what_wants_it() -> None:
    class Picky(Batched):
        def wear(self, adapter: Path | None) -> None:
            if adapter:
                raise AdapterError("made for another base")

    runner = enqueued(Picky(), a_case("one"), a_case("two"))
    for name in ("one", "two"):
        with pytest.raises(AdapterError, match="another base"):
            runner.trials(NED, name)
    assert texts(runner, "one", BASE) == [["HI"]]


def test_closing_gives_the_batch_back_and_may_be_repeated() -> None:
    model = Batched(at_once=1)
    runner = enqueued(model, a_case("one"), a_case("two"))
    runner.trials(BASE, "two")
    runner.close()
    runner.close()
    assert model.closed == 1
    assert model.pending == 0
    assert texts(runner, "one") == [["HI"]], "and work may go on"
