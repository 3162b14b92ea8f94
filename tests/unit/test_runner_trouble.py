"""When generation fails: what met the failure is named, and all else goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from batched import BASE, BO, NED, Batched, Memory, a_case, enqueued, texts

from persona_eval.errors import AdapterError, EngineError, ModelError
from persona_eval.models.base import Reply, Request
from persona_eval.models.scripted import ScriptedModel
from persona_eval.runner import Runner, WornAdapter


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
