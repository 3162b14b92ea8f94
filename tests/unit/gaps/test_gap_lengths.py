"""Lengths that cases ask for, beside those of the data and of the failing replies."""

from __future__ import annotations

import math

from gaps_data import talk, tried
from lint_data import CARD

from persona_eval.gaps.lengths import length_figures, mix_for, spread_of, usual_mix
from persona_eval.gaps.topics import Nearest
from persona_eval.gaps.wishes import as_said, granted, wishes
from persona_eval.lint.findings import Wanted
from persona_eval.lint.spoken import said_by

USUAL = (0.5, 0.5, 0.0)


def words(count: int) -> str:
    return " ".join(["mud"] * count) + "."


def replies(*counts: int):
    return said_by("assistant", [talk("Hm?", words(count)) for count in counts])


def figures(*cases, counts=(30,) * 20, near=()):
    return length_figures(cases, near, replies(*counts), USUAL, CARD)


def test_a_case_asks_by_words_or_by_its_good_examples():
    assert tried("a", "Hm?").asked is None
    assert tried("a", "Hm?", good=(words(9), words(30))).asked == (9, 30)
    assert tried("a", "Hm?", good=(words(9), words(30))).roomy == (4, 60)
    banded = tried("a", "Hm?", good=(words(9),), band=(25, None))
    assert banded.asked == banded.roomy == (25, math.inf)


def test_the_figures_of_a_group():
    near = [Nearest(reply, 0.8, frozenset()) for reply in replies(3, 3)]
    case = tried("a", "Hm?", good=(words(20),), replies=(words(5), words(250)))
    found = figures(case, near=near)
    assert found.asked == (20, 20)
    assert (found.practice, found.near, found.said) == ((30, 30, 30), (3, 3, 3), (5, 5, 250))
    assert found.outside == 1  # of the card, which says 220 at most
    assert found.rare == ()
    assert spread_of([]) is None


def test_lengths_that_hardly_any_reply_has():
    short = tried("short", "Hm?", band=(None, 10))
    long = tried("long", "Hm?", band=(80, None))
    usual = tried("usual", "Hm?", good=(words(20),))
    shorter, longer = figures(short, long, usual).rare
    assert (shorter.cases, shorter.asked, shorter.found, shorter.of) == (("short",), (0, 10), 0, 20)
    assert [(w.count, w.words) for w in shorter.wanted] == [(2, "under 20")]
    assert (longer.cases, longer.wanted[0].words) == (("long",), "20 to 100")


def test_a_few_replies_say_nothing_about_lengths():
    assert figures(tried("short", "Hm?", band=(None, 10)), counts=(30,) * 9).rare == ()


def test_new_examples_are_as_long_as_the_good_ones():
    cases = [tried("a", "Hm?", good=(words(5),)), tried("b", "Hm?", good=(words(5), words(50)))]
    assert mix_for(cases, USUAL, CARD) == (0.75, 0.25, 0.0)
    assert mix_for([tried("a", "Hm?")], USUAL, CARD) == USUAL
    assert mix_for([tried("a", "Hm?", band=(30, None))], USUAL, CARD) == (0.0, 1.0, 0.0)
    assert usual_mix(("dont_know", False), CARD) == USUAL
    assert usual_mix(("dont_know", True), CARD) == (0.25, 0.65, 0.1)


def test_wishes_take_the_bands_in_turn_within_the_card():
    wanted = (Wanted(2, "under 20"), Wanted(1, "over 100"))
    found = wishes(wanted, CARD)
    assert found == [{"min": 1, "max": 19}, {"min": 101, "max": 220}, {"min": 1, "max": 19}]
    assert wishes((), CARD) == [{"min": 1, "max": 220}]
    assert [as_said(wish) for wish in ({"min": 2}, {"min": 1, "max": 19})] == [
        "2 words or more", "1 to 19 words",
    ]  # fmt: skip
    assert granted(19, found[0])
    assert not granted(20, found[0])
    assert granted(5, {})
