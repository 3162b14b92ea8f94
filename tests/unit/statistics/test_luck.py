"""What another run would show, and what chance does to wordings."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import betabinom

from persona_eval.statistics.luck import one_without, passes_again, round_robin

COUNTS = st.integers(1, 20).flatmap(
    lambda drawn: st.tuples(
        st.integers(0, drawn), st.just(drawn), st.integers(1, 20), st.integers(0, 20)
    )
).filter(lambda each: each[3] <= each[2])  # fmt: skip


@given(COUNTS)
def test_the_chance_to_pass_again_is_that_of_scipy(counts: tuple[int, int, int, int]) -> None:
    passes, drawn, most, needed = counts
    expected = betabinom.sf(needed - 1, most, passes + 0.5, drawn - passes + 0.5)
    assert passes_again(passes, drawn, most, needed) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("passes", "drawn", "needed", "chance"), [(2, 3, 2, 0.656), (3, 3, 2, 0.919), (3, 3, 3, 0.722)]
)
def test_three_trials_promise_little(passes: int, drawn: int, needed: int, chance: float) -> None:
    assert passes_again(passes, drawn, drawn, needed) == pytest.approx(chance, abs=5e-4)


@given(st.integers(1, 4), st.integers(1, 3), st.data())
def test_chance_of_a_group_without_a_pass_by_counting_all_ways(
    groups: int, each: int, data: st.DataObject
) -> None:
    whole = groups * each
    passes = data.draw(st.integers(0, whole))
    ways = combinations(range(whole), passes)
    without = sum(len({place % groups for place in way}) < groups for way in ways)
    assert one_without(passes, groups, each) == pytest.approx(without / comb(whole, passes))


@given(st.integers(1, 6), st.integers(1, 5))
def test_every_group_gets_the_same_number_of_whole_rounds(groups: int, rounds: int) -> None:
    counts = round_robin([True] * groups * rounds, groups)
    assert counts == [(rounds, rounds)] * groups


@pytest.mark.parametrize("counts", [(3, 2, 3, 1), (-1, 2, 3, 1), (1, 2, 3, 4)])
def test_counts_that_cannot_be_are_refused(counts: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="passed"):
        passes_again(*counts)
    with pytest.raises(ValueError, match="passes among"):
        one_without(7, 2, 3)
