"""Curtailed trials, against every sequence there is."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.statistics.curtailed import Label, fewest_more, settled, unbiased_rate

LABELS: dict[str, Label] = {
    "one for all": lambda x: "any",
    "each its own": lambda x: x,
    "a bar of two": lambda x: x >= 2,
    "a bar of four": lambda x: x >= 4,
    "none, some or more": lambda x: "failing" if x == 0 else "flaky" if x < 3 else "stable",
    "odd": lambda x: x % 2,
    "not comparable by hash": lambda x: [x > 0],
}
DESIGNS = [(most, least) for most in range(1, 7) for least in range(1, most + 1)]
POINTS = st.integers(1, 12).flatmap(
    lambda most: st.integers(0, most).flatmap(
        lambda drawn: st.tuples(st.integers(0, drawn), st.just(drawn), st.just(most))
    )
)


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_stopping_changes_no_label(label: Label) -> None:
    for most, least in DESIGNS:
        for sequence in product((0, 1), repeat=most):
            passes, drawn = stop(sequence, label, least)
            assert drawn >= least
            assert settled(passes, drawn, most, label)
            assert label(passes) == label(sum(sequence))


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_drawn_so_many_at_a_time_they_stop_where_one_at_a_time_would(label: Label) -> None:
    for most, least in DESIGNS:
        for sequence in product((0, 1), repeat=most):
            drawn = 0
            while more := fewest_more(sum(sequence[:drawn]), drawn, most, label, least):
                drawn += more
            assert (sum(sequence[:drawn]), drawn) == stop(sequence, label, least)


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_the_rate_is_unbiased(label: Label) -> None:
    for most, least in DESIGNS:
        rates = {end: unbiased_rate(*end, most, label, least) for end in ends(most, label, least)}
        for p in (Fraction(0), Fraction(1, 10), Fraction(1, 2), Fraction(2, 3), Fraction(1)):
            expected = sum(
                p ** sum(sequence)
                * (1 - p) ** (most - sum(sequence))
                * rates[stop(sequence, label, least)]
                for sequence in product((0, 1), repeat=most)
            )
            assert expected == p


@given(POINTS, st.integers(0, 12))
def test_settled_asks_every_count_that_can_come(point: tuple[int, int, int], bar: int) -> None:
    passes, drawn, most = point
    possible = {x >= bar for x in range(passes, passes + most - drawn + 1)}
    assert settled(*point, lambda x: x >= bar) == (len(possible) == 1)


@given(POINTS)
def test_in_a_full_design_the_rate_is_the_plain_one(point: tuple[int, int, int]) -> None:
    passes, _, most = point
    assert unbiased_rate(passes, most, most, LABELS["each its own"]) == Fraction(passes, most)


def test_rates_by_hand() -> None:
    """Haldane, Biometrika 1945, 33:222–225: trials that end with the c-th pass have the rate
    (c - 1) / (n - 1); by symmetry those that end with a failure have passes / (n - 1)."""
    ends_of_five = {
        (0, 2): 0,
        (1, 3): "1/2",
        (2, 4): "2/3",
        (4, 4): 1,
        (4, 5): "3/4",
        (3, 5): "3/4",
    }
    for (passes, drawn), rate in ends_of_five.items():
        assert unbiased_rate(passes, drawn, 5, LABELS["a bar of four"]) == Fraction(rate)


def test_trials_that_are_always_drawn_count_plainly() -> None:
    assert unbiased_rate(1, 2, 5, LABELS["one for all"], least=2) == Fraction(1, 2)


def test_how_many_more() -> None:
    bar = LABELS["a bar of four"]
    assert fewest_more(0, 0, 5, bar) == 2, "two failures in a row would settle it"
    assert fewest_more(0, 0, 5, bar, least=3) == 3
    assert fewest_more(2, 2, 5, bar) == 2
    assert fewest_more(0, 2, 5, bar) == 0
    assert fewest_more(0, 2, 5, bar, least=4) == 2
    assert fewest_more(3, 4, 5, bar) == 1


@pytest.mark.parametrize("point", [(-1, 3, 5), (4, 3, 5), (3, 6, 5)])
def test_impossible_counts(point: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="passes among"):
        settled(*point, LABELS["odd"])


@pytest.mark.parametrize("least", [0, 6])
def test_impossible_designs(least: int) -> None:
    with pytest.raises(ValueError, match="at most 5 trials"):
        fewest_more(0, 0, 5, LABELS["odd"], least)
    with pytest.raises(ValueError, match="at most 5 trials"):
        unbiased_rate(0, 5, 5, LABELS["odd"], least)


@pytest.mark.parametrize(("passes", "drawn"), [(1, 2), (0, 3), (0, 5), (5, 5), (4, 3)])
def test_no_trials_end_there(passes: int, drawn: int) -> None:
    """Not settled yet, or only after a point that was."""
    with pytest.raises(ValueError, match="is no end"):
        unbiased_rate(passes, drawn, 5, LABELS["a bar of four"])


def stop(sequence: tuple[int, ...], label: Label, least: int) -> tuple[int, int]:
    """Passes and trials where these outcomes, one at a time, stop: by asking every continuation."""
    for drawn in range(least, len(sequence)):
        passes = sum(sequence[:drawn])
        rest = product((0, 1), repeat=len(sequence) - drawn)
        found = [label(passes + sum(each)) for each in rest]
        if all(each == found[0] for each in found):
            return passes, drawn
    return sum(sequence), len(sequence)


def ends(most: int, label: Label, least: int) -> Iterator[tuple[int, int]]:
    return (stop(sequence, label, least) for sequence in product((0, 1), repeat=most))
