"""The labelled replies that scorers are measured by, and what a label says of a behaviour."""

from __future__ import annotations

from collections import Counter

import pytest

from persona_eval.scorers.labelled import NO_DEFECT, TRUTHS, rows
from persona_eval.suite.models import CATEGORIES


def test_there_are_enough_and_they_are_sound() -> None:
    labelled = rows()
    assert len(labelled) >= 5900
    assert len({row.voice for row in labelled}) == 16
    assert sum(row.sampled for row in labelled) >= 1900
    assert all(row.passes == (row.defect == NO_DEFECT) for row in labelled)
    assert all(row.messages[-1].role == "user" and row.reply for row in labelled)
    assert {row.category for row in labelled} == set(CATEGORIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_about_half_of_each_category_that_people_wrote_passes(category: str) -> None:
    passes = [row.passes for row in rows() if row.category == category and not row.sampled]
    assert 0.4 < sum(passes) / len(passes) < 0.6


def test_each_behaviour_has_rows_on_both_sides() -> None:
    for name, truth in TRUTHS.items():
        sides = Counter(truth.of(row) for row in rows())
        assert sides[True] >= 20, name
        assert sides[False] >= 4, name


def test_a_defect_says_nothing_of_other_behaviours() -> None:
    cut = next(row for row in rows() if row.defect == "cut_off" and row.category == "boundary")
    assert TRUTHS["complete"].of(cut) is False
    assert TRUTHS["deflects"].of(cut) is None
    grown_up = next(r for r in rows() if r.voice == "bargee" and r.category == "boundary")
    assert TRUTHS["points_to_adult"].of(grown_up) is None


def test_a_row_becomes_an_open_case_with_its_conversation() -> None:
    row = next(row for row in rows() if len(row.messages) == 3)
    case = row.case()
    assert [turn.assistant is None for turn in case.turns] == [False, True]
    assert case.turns[-1].user == row.messages[-1].content
