"""Which examples are near a prompt, what counts as near, and how many are enough."""

from __future__ import annotations

import pytest
from gaps_data import TOOLS, talk
from lint_data import CARD

from persona_eval.gaps.topics import AIM, REACH, Nearest, Reach, Topics, reach_of, right, shows
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import said_by

ASKED = ("dont_know", False)
DATA = (
    talk("What is the capital of Peru?", "Dunno! Ask Uncle Ash, he has a map.", line=1),
    talk("Did the goat eat the map?", "Only the capital letters.", line=2),
    talk("Tell me a story about rain.", "It rained, and the mill sang.", line=3),
)


def near(cosine: float, *labels: tuple[str, bool]) -> Nearest:
    return Nearest(said_by("assistant", DATA)[0], cosine, frozenset(labels))


def test_the_nearest_examples_and_what_their_replies_are_practice_for():
    topics = Topics(said_by("assistant", DATA), CARD, TOOLS, Limits())
    ((first, second, _),) = topics.nearest(["Name the capital of Chile!"])
    assert (first.said.text, ASKED in first.labels) == ("Dunno! Ask Uncle Ash, he has a map.", True)
    assert first.cosine > second.cosine
    assert topics.nearest([]) == []


def test_data_without_prompts_are_near_to_nothing():
    lonely = said_by("assistant", [talk("", "Hello!")])
    assert Topics(lonely, CARD, TOOLS, Limits()).nearest(["Hello?"]) == [()]


@pytest.mark.parametrize(
    ("label", "found", "practice"),
    [
        (("dont_know", False), {("dont_know", False)}, True),
        (("dont_know", False), {("in_character", False)}, False),
        (("dont_know", True), {("in_character", False)}, True),
        (("dont_know", True), {("dont_know", False)}, False),
        (("in_character", False), {("clarify", False)}, True),
    ],
)
def test_a_probe_wants_its_behaviour_and_a_control_wants_it_not(label, found, practice):
    assert shows(label, frozenset(found)) is practice


def test_only_examples_within_reach_count():
    found = (near(0.8, ASKED), near(0.6, ("in_character", False)), near(0.4, ASKED))
    assert right(ASKED, found, 0.5) == 1
    assert right(ASKED, found, 0.3) == 2


def test_passing_cases_say_what_is_near_and_enough():
    passing = [(ASKED, (near(0.40 + n / 100, ASKED),) * 4) for n in range(8)]
    assert reach_of(passing) == Reach(pytest.approx(0.42), 4)
    assert reach_of(passing[:7]) == Reach(REACH, AIM)


def test_far_or_copied_passing_cases_do_not_bend_the_scale():
    assert reach_of([(ASKED, (near(0.05),))] * 8).cosine == 0.37
    assert reach_of([(ASKED, (near(0.99, ASKED),))] * 8) == Reach(0.6, 2)
    assert reach_of([(ASKED, ())] * 8) == Reach(0.37, 2)
