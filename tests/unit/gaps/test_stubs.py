"""Prompts to answer: on the topics that fail, far from each other, never near a suite's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from gaps_data import TOOLS, WordBag, case, looked, suite, talk, tried
from hypothesis import given, settings
from hypothesis import strategies as st
from lint_data import CARD, clean

from persona_eval.gaps.apart import spoken
from persona_eval.gaps.bank import Prompt, prompts
from persona_eval.gaps.find import Gaps, find_gaps
from persona_eval.gaps.stubs import AWAY, TOPIC, Chooser, Stub, choose_stubs
from persona_eval.gaps.tried import Tried
from persona_eval.lint.grams import GramIndex
from persona_eval.lint.leakage import leaks
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import folded_words, said_by
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Suite

BAG = WordBag()
COMET = "Which comet did Halley name?"


def bank(*said: str, category: str = "dont_know", control: bool = False) -> list[Prompt]:
    return [Prompt(category, control, tuple(each.split(" | "))) for each in said]


def gaps_of(*cases: Tried) -> Gaps:
    own = suite(*(each.case for each in cases))
    limits = Limits(least=0, most_wanted=0.0)
    return find_gaps(looked(*cases), clean(), CARD, [own], TOOLS, limits)


def stubs_of(
    gaps: Gaps,
    held: Sequence[Prompt],
    *more: Suite,
    said: Sequence[str] = (),
    card: Persona = CARD,
    most: int = 20,
    **kept: int,
) -> list[Stub]:
    """``said`` are the user turns of the data, ``kept`` the stubs that wait, by category."""
    own = suite(*(each.case for each in gaps.looked.cases))
    chooser = Chooser(held, [own, *more], [spoken(text) for text in said], BAG)
    waiting = Counter({((category, False), 1): n for category, n in kept.items()})
    return choose_stubs(gaps, chooser, card, BAG, waiting, most)


def prompted(stubs: Sequence[Stub]) -> list[str]:
    return [stub.turns[-1] for stub in stubs if stub.turns[-1]]


def test_the_nearest_to_the_topic_comes_first_then_those_far_from_what_is_chosen():
    held = bank(
        "How bright is a comet?",
        "Is a comet brighter than the moon?",
        "What did Halley eat for breakfast?",
        "How many bones has a shark?",
    )
    found = stubs_of(gaps_of(tried("comet", COMET)), held)
    assert prompted(found)[:2] == ["How bright is a comet?", "What did Halley eat for breakfast?"]
    assert {stub.cases for stub in found} == {("comet",)}
    assert len(found) == 3


def test_prompts_near_a_suite_the_data_or_each_other_are_left_out():
    held = bank(
        COMET.lower(),
        "Which comet did Halley name first?",
        "How bright is a comet?",
        "A comet, how bright is it?",
        "Is Halley the name of a dog?",
    )
    found = stubs_of(
        gaps_of(tried("comet", COMET)), held, said=["is HALLEY the name of a dog"], most=9
    )
    assert prompted(found) == ["How bright is a comet?"]


def test_every_suite_counts_not_only_the_characters_own():
    other = suite(case("other", "How bright is a comet?"))
    found = stubs_of(gaps_of(tried("comet", COMET)), bank("How bright is a comet?"), other)
    assert prompted(found) == []


def test_without_a_prompt_on_the_topic_there_is_a_line_of_the_card_or_the_case_to_go_by():
    card = CARD.model_copy(update={"does_not_know": ("a comet that Halley saw", "taxes")})
    comet = gaps_of(tried("halleys", COMET))
    (stub,) = stubs_of(comet, [], card=card)
    assert (stub.turns, stub.topic) == (("",), "a comet that Halley saw")
    (stub,) = stubs_of(comet, [])
    assert stub.topic == "what `halleys` is about, asked otherwise"
    assert stubs_of(gaps_of(tried("comet", "What is a comet about, asked otherwise?")), []) == []


def test_what_topics_leave_open_is_filled_with_others_of_the_category():
    held = bank("How many bones has a shark?", "Who built Rome?")
    held += bank("Put it there.", category="clarify")
    found = stubs_of(gaps_of(tried("comet", COMET)), held)
    assert sorted(prompted(found)) == ["How many bones has a shark?", "Who built Rome?"]


def test_stubs_that_wait_count_and_there_is_a_most():
    held = bank("How bright is a comet?", "How many bones has a shark?", "Who built Rome?")
    gaps = gaps_of(tried("comet", COMET))
    assert len(stubs_of(gaps, held)) == 3
    assert len(stubs_of(gaps, held, most=1)) == 1
    assert len(stubs_of(gaps, held, dont_know=2)) == 1
    assert stubs_of(gaps, held, dont_know=5) == []


def test_conversations_are_filled_from_the_bank_or_left_to_the_author():
    held = bank("Look, a jar! | Whose jar is it?", "Put it there.", category="clarify")
    long = tried("long", "Good morning!", "Fetch the barrow!", category="clarify")
    gaps = gaps_of(long)
    (turns,) = gaps.turns
    found = stubs_of(replace(gaps, turns=(replace(turns, wanted=9),)), held, most=2)
    pairs = [stub for stub in found if len(stub.turns) == 2]
    assert pairs[0].turns == ("Look, a jar!", "Whose jar is it?")
    assert (pairs[1].turns, pairs[1].cases) == (("", ""), ("long",))
    assert "2 turns" in (pairs[1].topic or "")


def test_a_row_is_a_line_of_training_data_that_waits():
    stub = Stub(("dont_know", True), ("Hm?",), {"min": 1, "max": 19}, ("a-case",))
    assert stub.row("Be Nib.") == {
        "messages": [
            {"role": "system", "content": "Be Nib."},
            {"role": "user", "content": "Hm?"},
            {"role": "assistant", "content": ""},
        ],
        "category": "dont_know",
        "control": True,
        "words": {"min": 1, "max": 19},
        "for": ["a-case"],
        "train_safe": None,
    }
    assert stub.row()["messages"][0]["role"] == "user"


PLAIN = [prompt for prompt in prompts() if prompt.label == ("dont_know", False)]
CHANGES = (str.upper, lambda text: f"Please, {text}", lambda text: f"{text} Quick!", str)


@pytest.fixture(scope="module")
def gaps() -> Gaps:
    return gaps_of(tried("comet", COMET), tried("train", "In which year did a train first run?"))


@settings(max_examples=30, deadline=None)
@given(
    asked=st.lists(
        st.tuples(st.sampled_from(PLAIN), st.sampled_from(CHANGES)), min_size=1, max_size=12
    )
)
def test_no_stub_is_ever_near_a_prompt_of_a_suite(gaps, asked):
    """Suites that ask what the bank holds, reworded a little."""
    said = [change(prompt.turns[-1]) for prompt, change in asked]
    tested = suite(*(case(f"c{n}", text) for n, text in enumerate(said)))
    found = stubs_of(gaps, PLAIN, tested)
    texts = [*prompted(found), *(stub.topic for stub in found if stub.topic)]
    users = said_by("user", [talk(text, "Mm.", line=n) for n, text in enumerate(texts, 1)])
    held = leaks([tested], users, [], GramIndex(()), BAG, Limits(prompt_cosine=AWAY))
    assert held.exact == held.near == ()
    known = {folded_words(text) for text in said}
    assert not known.intersection(map(folded_words, texts))
    if texts:
        assert (BAG.embed(said) @ BAG.embed(texts).T).max() < AWAY


def test_a_topic_is_wider_than_a_question():
    assert TOPIC < AWAY < Limits().prompt_cosine
