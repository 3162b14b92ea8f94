"""How far replies are apart, and which case passes by luck."""

from __future__ import annotations

import re

import numpy as np
import pytest
from documents import DOCS
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.consistency import Spread, luck_of, rates_by_wording, spread_of
from persona_eval.results import Design
from persona_eval.statistics.luck import passes_again

X, Y = [1.0, 0.0], [0.0, 1.0]


def vectors(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


@pytest.mark.parametrize(
    ("rows", "wordings", "expected"),
    [
        ((X, X), 1, Spread(0.0, None)),
        ((X, Y), 1, Spread(1.0, None)),
        ((X, Y), 2, Spread(None, 1.0)),
        ((X, Y, X, Y), 2, Spread(0.0, 1.0)),
        ((X, X, Y, Y), 2, Spread(1.0, 0.5)),
    ],
)
def test_spread_within_a_wording_and_between_wordings(
    rows: tuple[list[float], ...], wordings: int, expected: Spread
) -> None:
    assert spread_of(vectors(*rows), wordings) == expected


def luck(marks: str, wordings: int = 1, needed: int = 2) -> str | None:
    outcomes = [mark == "+" for mark in marks]
    names = [f"wording {n + 1}" for n in range(wordings)] if wordings > 1 else []
    return luck_of(rates_by_wording(names, outcomes), outcomes, len(outcomes), needed)


def test_two_of_three_is_luck_and_three_of_three_is_not() -> None:
    assert luck("++-") == "another run would pass with a chance of 66%"
    assert luck("+++") is None
    assert luck("++++++++-", needed=6) is None


def test_a_wording_that_always_fails_is_luck_of_the_wording() -> None:
    assert luck("++-" * 3, 3, needed=4) == "the wording “wording 3” fails all of its 3 trials"


def test_a_wording_that_fails_twice_by_chance_is_not_held_against_it() -> None:
    assert luck("+++++-" * 2, 6, needed=4) is None


def test_the_pages_table_of_chances() -> None:
    page = (DOCS / "consistency.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) of (\d) \| 66% \| (\d+)% \| (yes|no) \|$", page, re.M)
    assert len(rows) == 4
    for passes, trials, chance, named in rows:
        design = Design(int(trials), int(trials), 0.66)
        again = passes_again(int(passes), int(trials), int(trials), design.needed)
        marks = "+" * int(passes) + "-" * (int(trials) - int(passes))
        found = luck(marks, needed=design.needed)
        assert (f"{again:.0%}", bool(found)) == (f"{chance}%", named == "yes")


@given(st.integers(1, 5), st.integers(1, 4))
def test_trials_that_all_passed_are_never_luck(wordings: int, rounds: int) -> None:
    assert luck("+" * wordings * rounds, wordings, needed=wordings * rounds) is None
