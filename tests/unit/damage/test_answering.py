"""Requests outside the character: generated, judged, and reduced to shares."""

from __future__ import annotations

from fractions import Fraction
from typing import ClassVar

import pytest
from batched import BASE, NED, Batched, Memory, a_case

from persona_eval.damage.answering import TOGETHER, answer
from persona_eval.errors import ScorerError
from persona_eval.judge import Judge
from persona_eval.runner import Runner
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.registry import Registry
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case, Expectation, Suite


class Short(Scorer):
    """Passes when the reply has at most three letters."""

    name: ClassVar[str] = "short"

    def judge(self, exchange: Exchange) -> Score:
        return Score(len(exchange.reply) < 4, "", float(len(exchange.reply)))


class Skips(Scorer):
    name: ClassVar[str] = "skips"

    def judge(self, exchange: Exchange) -> Score:
        return Score.skip("no reason")


class Crashes(Scorer):
    name: ClassVar[str] = "crashes"

    def judge(self, exchange: Exchange) -> Score:
        raise ZeroDivisionError("nought")


REGISTRY = Registry([Short, Skips, Crashes])


def asked(name: str, prompt: str, *expected: str, trials: int = 1) -> Case:
    entries = tuple(Expectation(name=each) for each in expected)
    found = a_case(name, prompt, trials=trials)
    return found.model_copy(update={"expect": entries, "pack": False})


def answers(model: Batched, *cases: Case, store: Memory | None = None) -> dict:  # type: ignore[type-arg]
    suite = Suite(path=__file__, persona=Persona(name="Bo"), persona_path=__file__, cases=cases)  # type: ignore[arg-type]
    runner = Runner(model, Memory() if store is None else store)
    return answer(suite, runner, Judge(REGISTRY), Tools(), BASE)


def test_each_case_has_its_shares_and_figures() -> None:
    found = answers(Batched(), asked("a", "no", "short", "skips"), asked("b", "never", "short"))
    assert found["a"].replies == ("NO",)
    assert found["a"].rates == {TOGETHER: 1, "short": 1}, "what was skipped counts neither way"
    assert found["b"].rates == {TOGETHER: 0, "short": 0}
    assert found["b"].values == {"short": 5.0}


def test_trials_become_a_share() -> None:
    longer = Batched(answer=lambda request: "x" * (2 + int(request.key.split("/")[1])))
    found = answers(longer, asked("a", "hi", "short", trials=4))
    assert found["a"].replies == ("xx", "xxx", "xxxx", "xxxxx")
    assert found["a"].rates["short"] == Fraction(1, 2)
    assert found["a"].values["short"] == 3.5


def test_stored_replies_are_not_asked_for_again() -> None:
    store, model = Memory(), Batched()
    answers(model, asked("a", "no", "short"), store=store)
    answers(model, asked("a", "no", "short"), store=store)
    assert len(model.asked) == 1


def test_a_crash_is_an_error_and_names_the_case() -> None:
    with pytest.raises(ScorerError, match=r"a: `crashes` crashed: ZeroDivisionError"):
        answers(Batched(), asked("a", "no", "short", "crashes"))


def test_adapters_are_told_apart() -> None:
    model, store = Batched(), Memory()
    suite = Suite(path=__file__, persona=Persona(name="Bo"), persona_path=__file__,  # type: ignore[arg-type]
                  cases=(asked("a", "no", "short"),))  # fmt: skip
    runner = Runner(model, store)
    for adapter in (BASE, NED):
        answer(suite, runner, Judge(REGISTRY), Tools(), adapter)
    assert model.worn == [BASE.folder, NED.folder]
    assert len(store) == 2
