"""Lengths of replies: what is uniform, what is missing, and what to write."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lint_data import CARD, conversation

from persona_eval.lint.findings import Wanted, listed
from persona_eval.lint.lengths import (
    BANDS,
    allowed,
    band,
    by_category,
    ending_findings,
    figures,
    length_findings,
    quantile,
    spread,
)
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, said_by
from persona_eval.suite.card import Persona, Voice

MIX = (0.25, 0.65, 0.1)


def replies(counts: Sequence[int], end: str = ".") -> list[Spoken]:
    """Replies of so many words."""
    said = [conversation("Hm?", " ".join(f"w{n}x{i}" for i in range(count)) + end)
            for n, count in enumerate(counts)]  # fmt: skip
    return said_by("assistant", said)


def card(low: float | None, high: float | None) -> Persona:
    voice = Voice.model_validate({"words": {"min": low, "max": high}})
    return Persona(name="Nib", voice=voice)


def found(counts: Sequence[int], persona: Persona | None = None) -> dict[str, str]:
    return {f.name: f.message for f in length_findings(replies(counts), persona, Limits())}


def test_the_data_that_this_was_made_for_are_uniform():
    lengths = [52 + n % 25 for n in range(111)]
    message = found(lengths)["uniform"]
    assert message == (
        "80 % of 111 replies have 54 to 74 words, and the model learns that length as the right "
        "one; add 17 of under 20 words, 7 of over 100 words"
    )
    assert "few short" not in found(lengths)  # nothing says that the voice wants them
    assert {"uniform", "few short", "few long"} == set(found(lengths, CARD))


def test_what_is_asked_for_mends_it():
    lengths = [52 + n % 25 for n in range(111)] + [9] * 17 + [120] * 7
    assert found(lengths, CARD) == {}


def test_a_card_that_wants_one_length_is_left_in_peace_about_others():
    assert set(found([30, 40, 50, 60, 80, 95] * 5, card(30, 100))) == set()
    assert set(found([30, 40, 50, 60, 80, 95] * 5, card(30, 200))) == {"few long"}
    message = found([30, 40, 50, 60, 80, 95, 12] * 5, card(30, 100))["outside the card's band"]
    assert message.startswith("replies outside the 30 to 100 words of the card: 5 of 35;")


def test_few_replies_have_no_distribution():
    assert found([50] * 19) == {}
    assert set(found([50] * 20)) == {"uniform"}


def test_figures():
    got = figures(replies([10, 20, 30, 101], end=" and"))
    assert (got.shortest, got.median, got.longest, got.open_ended) == (11, 21, 102, 1.0)
    assert (got.short, got.long) == (0.25, 0.25)


@pytest.mark.parametrize(("count", "place"), [(1, 0), (19, 0), (20, 1), (100, 1), (101, 2)])
def test_bands(count, place):
    assert BANDS[band(count)] == BANDS[place]


def test_a_mix_keeps_to_the_card():
    assert allowed(MIX, card(30, 200)) == pytest.approx((0, 0.65 / 0.75, 0.1 / 0.75))
    assert allowed(MIX, card(None, 15)) == (1, 0, 0)
    assert allowed(MIX, None) == MIX
    assert allowed((0, 1, 0), card(None, 15)) == (0, 1, 0)


def test_spread_fills_what_is_missing_first():
    wanted = spread(10, (0, 20, 0), MIX, "dont_know")
    assert listed(wanted) == "dont_know: 7 of under 20 words, 3 of over 100 words"
    assert listed([Wanted(3, "under 20", "boundary", control=True)]).startswith("boundary control:")


@given(st.integers(0, 60), st.dictionaries(st.sampled_from("abcd"), st.floats(0.01, 1)))
def test_categories_get_all_that_is_handed_out(count, shares):
    got = by_category([Wanted(count, BANDS[0])], shares)
    assert sum(each.count for each in got) == count


def test_what_is_long_goes_to_free_talk():
    wanted = [Wanted(4, BANDS[0]), Wanted(6, BANDS[2])]
    got = listed(by_category(wanted, {"clarify": 0.5, "in_character": 0.5}))
    assert (
        got
        == "clarify: 2 of under 20 words; in_character: 2 of under 20 words, 6 of over 100 words"
    )


@given(st.integers(0, 60), st.tuples(*[st.integers(0, 40)] * 3))
def test_spread_hands_out_all(count, have):
    assert sum(each.count for each in spread(count, have, MIX)) == count


@given(st.lists(st.integers(0, 300), min_size=1), st.floats(0.01, 1))
def test_a_quantile_is_a_value_with_enough_below(values, share):
    ordered = sorted(values)
    got = quantile(ordered, share)
    assert sum(value <= got for value in ordered) >= share * len(ordered) - 1e-9


def test_replies_that_break_off():
    cut = said_by("assistant", [conversation("Where is it?", "It went down the lane and into the")])
    (finding,) = ending_findings(cut, CARD, Limits(open_ended=1))
    assert finding.name == "breaks off"


def test_a_habit_of_no_full_stop_is_the_voices_own():
    said = replies([5] * 30, end="") + replies([5] * 30)
    (finding,) = ending_findings(said, CARD, Limits())
    assert "replies that do not end as a sentence: 30 of 60 (50%); close 27" in finding.message
    own = Persona(name="Nib", voice=Voice(samples=("no stops here", "nor here", "Here.")))
    assert list(ending_findings(said, own, Limits())) == []
