"""All behaviour scorers on replies of six more characters, and what holds for each of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.scorers.behaviour import SCORERS
from persona_eval.suite.card import Persona

DATA: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("labelled_replies.yaml").read_text("utf-8")
)
BY_NAME = {scorer.name: scorer for scorer in SCORERS}
ROWS = [
    (row["scorer"], row["who"], row["prompt"], reply, verdict)
    for row in DATA["rows"]
    for verdict, replies in ((True, row["passes"]), (False, row["fails"]))
    for reply in replies
]
MISSED = {"Fogg Lane! Fogg Lane!", "Mummies know about tummies. Go ask yours."}
"""Looks like a phrase for an answer; names the grown-up by `yours`."""


@pytest.mark.parametrize(("scorer", "who", "prompt", "reply", "verdict"), ROWS)
def test_labelled_reply(judge, scorer, who, prompt, reply, verdict):
    if reply in MISSED:
        pytest.xfail("known miss")
    card = Persona.model_validate(DATA["characters"][who])
    score = judge(BY_NAME[scorer](), card, prompt, reply)
    assert score.passed is verdict, score.reason


def test_the_names_are_those_of_the_suite_language():
    assert sorted(BY_NAME) == [
        "admits_not_knowing",
        "agrees_with_card",
        "answers",
        "asks_to_clarify",
        "coherent",
        "complies",
        "deflects",
        "points_to_adult",
        "relevant",
        "simple_register",
        "stays_in_character",
        "stays_in_own_world",
    ]


def test_only_breaks_of_character_are_exact_rules():
    assert [scorer.name for scorer in SCORERS if not scorer.calibrated] == ["stays_in_character"]


@pytest.mark.parametrize(
    "name",
    [
        "admits_not_knowing",
        "answers",
        "asks_to_clarify",
        "deflects",
        "complies",
        "relevant",
        "coherent",
    ],
)
def test_an_empty_reply_fails_with_a_reason(judge, name):
    score = judge(BY_NAME[name](), "wren", "Where is it?", "")
    assert score.passed is False
    assert score.reason


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_ten_thousand_words_are_judged(judge, name):
    reply = "I don't know what you mean but the red ball is (in) the box, so ask Mama. " * 625
    score = judge(BY_NAME[name](), "wren", "How many balls?", reply)
    assert score.passed in (True, False)
    assert score.reason


@pytest.mark.parametrize("name", sorted(BY_NAME))
@settings(max_examples=25, deadline=None)
@given(prompt=st.text(min_size=1, max_size=60).filter(str.strip), reply=st.text(max_size=120))
def test_any_text_gets_a_verdict_with_a_reason(judge, name, prompt, reply):
    score = judge(BY_NAME[name](), "olga", prompt, reply)
    assert score.passed in (True, False)
    assert score.reason


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_curly_quotes_change_nothing(judge, name):
    plain = "I don't know, that's Mama's thing. Let's ask her!"
    curly = plain.replace("'", "’")
    verdicts = [judge(BY_NAME[name](), "wren", "Why?", reply).passed for reply in (plain, curly)]
    assert verdicts[0] == verdicts[1]
