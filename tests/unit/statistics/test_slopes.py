"""Slopes by least squares, with or without levels of their own for questions asked again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.statistics.slopes import slope

SCORES = st.lists(st.floats(0, 1), min_size=2, max_size=12)


@given(SCORES)
def test_one_level_is_a_straight_line_through_all(scores: list[float]) -> None:
    places = [float(3 * n) for n in range(len(scores))]
    expected = np.polyfit(places, scores, 1)[0]
    assert slope(places, scores) == pytest.approx(expected, abs=1e-9)


@given(st.floats(-0.1, 0.1), st.floats(0, 1), st.floats(0, 1))
def test_a_harder_question_that_comes_later_is_no_drift(
    steep: float, first: float, second: float
) -> None:
    asked = ["name", "name", "brother", "brother"]
    places = [0.0, 2.0, 5.0, 9.0]
    level = {"name": first, "brother": second}
    scores = [level[who] + steep * place for who, place in zip(asked, places, strict=True)]
    assert slope(places, scores, asked) == pytest.approx(steep, abs=1e-9)


def test_questions_that_are_asked_once_share_a_level() -> None:
    assert slope([0, 2], [1.0, 0.0], ["a", "b"]) == -0.5


@given(SCORES, st.floats(-5, 5))
def test_a_level_that_is_added_changes_nothing(scores: list[float], level: float) -> None:
    places = list(range(len(scores)))
    raised = [score + level for score in scores]
    assert slope(places, raised) == pytest.approx(slope(places, scores), abs=1e-7)


def test_one_place_has_no_slope() -> None:
    assert slope([3, 3], [0.0, 1.0]) is None
