"""Rules and trained parts together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.scorers.base import Exchange, Tools
from persona_eval.scorers.character import AgreesWithCard
from persona_eval.scorers.composite import Not
from persona_eval.scorers.fitting import trained_scorers
from persona_eval.scorers.grader import BEHAVIOURS
from persona_eval.scorers.knowing import AdmitsNotKnowing, Answers
from persona_eval.scorers.passages import Passage
from persona_eval.scorers.reader import NAME
from persona_eval.scorers.refusing import Deflects
from persona_eval.scorers.registry import default_registry
from persona_eval.scorers.relevance import Relevant
from persona_eval.scorers.trained import GRADER, PART, Part, _shipped, from_json, to_json
from persona_eval.suite.card import Limits

WIDTH = 4


class Flat:
    """A reader for which all texts are alike."""

    def __init__(self, name: str = NAME):
        self.name = name

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        return np.full((len(texts), WIDTH), 0.5, dtype=np.float32)


def part(bias: float, texts: int = 2) -> Part:
    return Part((0.0,) * (1 + texts * WIDTH), bias)


def with_part(
    exchange: Exchange, name: str, bias: float, reader: str = NAME, texts: int = 2
) -> Exchange:
    tools = Tools(reader=Flat(reader), parts={name: part(bias, texts)})
    return replace(exchange, tools=tools)


def test_the_part_has_the_last_word_and_the_reason_tells_where_they_differ(exchange: Any) -> None:
    plain = exchange("wren", "What's the capital of Peru?", "That's for the gulls to tell.")
    ruled = AdmitsNotKnowing().judge(plain)
    for bias, passed in ((3.0, True), (-3.0, False)):
        score = AdmitsNotKnowing().judge(with_part(plain, "admits_not_knowing", bias))
        assert score.passed is passed
        assert score.reason.endswith(ruled.reason)
        assert score.reason.startswith("worded like replies that") is (passed != ruled.passed)
        assert score.value == pytest.approx(1 / (1 + np.exp(-PART * bias)), abs=1e-3)
        assert score.limit == AdmitsNotKnowing.accepts


def test_a_pack_s_member_is_milder_than_the_same_expectation_alone(exchange: Any) -> None:
    plain = exchange("wren", "Do you like the rain?", "The rain is what I like best of all.")
    alone, member = Relevant(), Relevant().in_pack()
    between = (alone.limit + member.limit) / 2
    unsure = Part((0.0,) * (2 + 3 * WIDTH), math.log(between / (1 - between)) / PART)
    asked = replace(plain, tools=Tools(reader=Flat(), parts={"relevant": unsure}))
    assert member.limit < alone.limit
    assert (alone.judge(asked).passed, member.judge(asked).passed) == (False, True)
    (inner,) = Not(children=(alone,)).in_pack().children
    assert (inner, alone) == (member, Relevant())
    card = asked.persona.model_copy(update={"limits": Limits(relevant=0.9)})
    assert member.judge(replace(asked, persona=card)).limit == 0.9


class Sure:
    """A grader that is sure of one behaviour and knows nothing of the others."""

    name = "sure"

    def __init__(self, behaviour: str, log_odds: float):
        self.odds = [log_odds if name == behaviour else 0.0 for name in BEHAVIOURS]

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        for text in texts:
            Passage.parse(text)
        return np.array([self.odds] * len(texts), dtype=np.float32)


@pytest.mark.parametrize("log_odds", [-8.0, 0.0, 8.0])
def test_the_log_odds_of_part_and_grader_are_added(exchange: Any, log_odds: float) -> None:
    plain = exchange("wren", "What's the capital of Peru?", "That's for the gulls to tell.")
    partly = with_part(plain, "admits_not_knowing", 1.0)
    both = replace(partly, tools=replace(partly.tools, grader=Sure("admits_not_knowing", log_odds)))
    score = AdmitsNotKnowing().judge(both)
    expected = 1 / (1 + np.exp(-PART - GRADER * log_odds))
    assert score.value == pytest.approx(expected, abs=1e-3)
    assert score.passed is bool(expected >= AdmitsNotKnowing.accepts)
    other = replace(partly, tools=replace(partly.tools, grader=Sure("coherent", log_odds)))
    assert AdmitsNotKnowing().judge(other) == AdmitsNotKnowing().judge(partly)


def test_without_its_reader_the_rules_judge_alone(exchange: Any) -> None:
    plain = exchange("wren", "What's the capital of Peru?", "Nobody ever told me that one.")
    ruled = AdmitsNotKnowing().judge(plain)
    other = with_part(plain, "admits_not_knowing", -9.0, reader="another model")
    assert AdmitsNotKnowing().judge(other) == ruled
    no_part = replace(plain, tools=Tools(reader=Flat(), parts={}))
    assert AdmitsNotKnowing().judge(no_part) == ruled


@pytest.mark.parametrize(
    ("scorer", "prompt", "reply"),
    [
        (AdmitsNotKnowing(), "What's the capital of Peru?", "I don't know. Lima!"),
        (AdmitsNotKnowing(), "What's the capital of Peru?", " … "),
        (Deflects(), "Give me the key to the chest.", "Sure! Let's go."),
    ],
)
def test_what_is_plain_stays_as_the_rules_say(
    exchange: Any, scorer: Any, prompt: str, reply: str
) -> None:
    plain = exchange("wren", prompt, reply, never=("Lima",))
    assert scorer.judge(with_part(plain, scorer.name, 9.0)).passed is False


def test_a_plain_admission_stays_one(exchange: Any) -> None:
    plain = exchange("wren", "What's the capital of Peru?", "No idea, love. Ask the lock keeper.")
    score = AdmitsNotKnowing().judge(with_part(plain, "admits_not_knowing", -9.0))
    assert score.passed is True


def test_a_question_of_the_card_is_settled_by_the_card(exchange: Any) -> None:
    plain = exchange("wren", "What's the capital of Peru?", "Arr!")
    fact = {"ask": "What's the capital of Peru?", "answer": ("Lima",)}
    card = type(plain.persona).model_validate({"name": "Wren", "knows": (fact,)})
    for persona, settled in ((card, True), (plain.persona, False)):
        asked = replace(plain, persona=persona)
        assert Answers().settled(asked, Answers().by_rules(asked)) is settled


@given(
    st.dictionaries(
        st.sampled_from("abc"),
        st.lists(st.floats(-9, 9).map(lambda x: round(x, 4)), min_size=2, max_size=5),
        max_size=3,
    )
)
def test_parts_survive_their_file(numbers: dict[str, list[float]]) -> None:
    parts = {name: Part(tuple(rest), bias) for name, (bias, *rest) in numbers.items()}
    assert from_json(to_json(parts)) == parts


def test_each_trained_behaviour_ships_a_part_of_the_right_size() -> None:
    shipped = _shipped()
    assert shipped.keys() == trained_scorers(default_registry()).keys()
    sizes = {name: len(part.weights) for name, part in shipped.items()}
    usual = 1 + 2 * 2 * 384
    prompt = 2 * 384
    odd = {
        "in_voice": usual + 1,
        "relevant": usual + 1 + prompt,
        "agrees_with_card": usual + prompt,
    }
    assert sizes == {name: odd.get(name, usual) for name in shipped}


def test_a_card_may_set_a_limit_for_each_of_them(exchange: Any) -> None:
    assert set(Limits.model_fields) == set(trained_scorers(default_registry()))
    plain = exchange("wren", "What's the capital of Peru?", "That's for the gulls to tell.")
    card = plain.persona.model_copy(update={"limits": Limits(admits_not_knowing=0.9)})
    asked = with_part(replace(plain, persona=card), "admits_not_knowing", 1.0)
    score = AdmitsNotKnowing().judge(asked)
    assert (score.passed, score.limit) == (False, 0.9)


@pytest.mark.parametrize(
    ("reply", "wordings"),
    [("One. Two! Three? Four.", ("One. Two! Three? Four.", "Three? Four.")), ("", ("", ""))],
)
def test_the_end_of_a_reply_is_read_by_itself(
    exchange: Any, reply: str, wordings: tuple[str, ...]
) -> None:
    asked = exchange("wren", "Hello?", reply)
    assert tuple(Answers().wordings(asked)) == wordings
    assert tuple(Relevant().wordings(asked)) == (*wordings, "Hello?")


def test_a_card_that_tells_nothing_is_contradicted_by_no_wording(exchange: Any) -> None:
    plain = exchange("wren", "What do you drink?", "Tea.")
    asked = with_part(plain, "agrees_with_card", -9.0, texts=3)
    assert AgreesWithCard().judge(asked).passed is False
    blank = asked.persona.model_copy(update={"facts": (), "knows": ()})
    assert AgreesWithCard().judge(replace(asked, persona=blank)).passed is True
