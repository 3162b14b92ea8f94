"""Judgements are made once, and stand as long as nothing changed that they depend on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import pytest
from exchanges import Letters, case, expectation

from persona_eval.judge import Judge, model_digest
from persona_eval.scorers.base import Exchange, Score, Scorer, Tools
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case

NED = Persona(name="Ned")
TEA = case(pack=False, expect=(expectation("contains", "tea"),))
YES, NO = [("I drink tea.", "stop")], [("Hm.", "stop")]


class Kept(dict[str, str]):
    """A store of judgements, in memory."""

    def get_judgements(self, keys: Sequence[str]) -> dict[str, str]:
        return {key: self[key] for key in keys if key in self}

    def put_judgements(self, judgements: Mapping[str, str]) -> None:
        self.update(judgements)


class Fickle(Scorer):
    """Passes every other time."""

    name: ClassVar[str] = "fickle"
    count: ClassVar[list[int]] = []

    def judge(self, exchange: Exchange) -> Score:
        self.count.append(1)
        return Score(len(self.count) % 2 == 1, "who knows")


class Crashes(Scorer):
    name: ClassVar[str] = "crashes"

    def judge(self, exchange: Exchange) -> Score:
        raise ZeroDivisionError


def digest(case_: Case = TEA, persona: Persona = NED, tools: Tools | None = None) -> str | None:
    return Judge(default_registry()).rules(case_, persona, tools or Tools(), "model").digest


def test_the_same_reply_to_another_wording_is_judged_anew_and_kept_apart() -> None:
    asked = TEA.model_copy(update={"paraphrases": ("Is it a cup?", "A pot?")})
    kept = Kept()
    judge = Judge(default_registry(), kept)
    rules = judge.rules(asked, NED, Tools())
    judge.judge(rules, [YES] * 6)  # type: ignore[list-item]
    assert len(kept) == 3
    assert rules.digest == digest()
    assert rules.worded(3) == rules
    assert rules.worded(4) == rules.worded(1) != rules
    judge.judge(judge.rules(TEA, NED, Tools()), [YES])  # type: ignore[list-item]
    assert len(kept) == 3


def test_a_judgement_is_made_once_and_comes_back_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    judge = Judge(default_registry(), kept)
    rules = judge.rules(TEA, NED, Tools())
    first = judge.judge(rules, [YES, NO])  # type: ignore[list-item]
    assert [judgement.passed for judgement in first] == [True, False]
    assert len(kept) == 2
    monkeypatch.setattr("persona_eval.judge.judge_trial", None)
    again = Judge(default_registry(), kept)
    assert again.judge(again.rules(TEA, NED, Tools()), [NO, YES]) == first[::-1]  # type: ignore[list-item]


@pytest.mark.parametrize(
    "other",
    [
        TEA.model_copy(update={"expect": (expectation("contains", "rum"),)}),
        TEA.model_copy(update={"never": ("rum",)}),
        TEA.model_copy(update={"good": ("Tea!",)}),
        TEA.model_copy(update={"category": "clarify"}),
        case(prompt="Bye!", pack=False, expect=TEA.expect),
    ],
)
def test_other_demands_are_other_rules(other: Case) -> None:
    assert digest(other) != digest()


def test_so_are_another_card_and_other_vectors() -> None:
    assert digest(persona=Persona(name="Ned", never_says=("tea",))) != digest()
    assert digest(tools=Tools(embedder=Letters())) == digest(), "`contains` asks for no vector"
    near = TEA.model_copy(update={"good": ("Tea!",)})
    assert digest(near, tools=Tools(embedder=Letters())) != digest(near)
    assert digest(tools=Tools(training_replies=["Tea!"])) != digest()


def test_tags_and_trials_are_not() -> None:
    assert digest(TEA.model_copy(update={"tags": ("smoke",), "trials": 9, "line": 5})) == digest()


def test_code_that_changed_is_another_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    before = digest()
    monkeypatch.setattr("persona_eval.judge.code_digest", lambda: "newer")
    assert digest() != before


def test_only_who_asks_the_model_depends_on_it() -> None:
    judge = Judge(default_registry())
    asks = TEA.model_copy(update={"expect": (expectation("not", None, expectation("fluent")),)})
    one, two = model_digest("b", "cpu", "a1"), model_digest("b", "cpu", "a2")
    assert one != two
    digests = {judge.rules(asks, NED, Tools(), model).digest for model in (one, two)}
    assert len(digests) == 2
    assert len({judge.rules(TEA, NED, Tools(), model).digest for model in (one, two)}) == 1


def test_scorers_from_elsewhere_judge_each_time() -> None:
    kept = Kept()
    judge = Judge(default_registry([Fickle]), kept)
    nested = expectation("any_of", None, expectation("fickle"))
    rules = judge.rules(TEA.model_copy(update={"expect": (nested,)}), NED, Tools())
    assert rules.digest is None
    found = [judge.judge(rules, [YES])[0].passed for _ in range(2)]  # type: ignore[list-item]
    assert found == [True, False]
    assert kept == {}


def test_a_crash_is_not_remembered() -> None:
    kept = Kept()
    judge = Judge(default_registry([Crashes]), kept)
    rules = judge.rules(TEA.model_copy(update={"expect": (expectation("crashes"),)}), NED, Tools())
    known = replace(rules, digest="as if it were a built-in one")
    assert "ZeroDivisionError" in (judge.judge(known, [YES])[0].error or "")  # type: ignore[list-item]
    assert kept == {}
