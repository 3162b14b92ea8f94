"""What settings do, paired by case."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

import pytest

from persona_eval.statistics.paired import paired_interval
from persona_eval.sweeps.effects import Rates, effects, mean_rates, not_worse, shared_cases
from persona_eval.sweeps.grid import Axis, Place

HOT = Axis("temperature", (0.6, 0.8, 1.0))
LEAST = Axis("min_tokens", (0, 20))


def rates(cases: int, rate: dict[Place, Fraction]) -> Rates:
    return {place: {f"c{n}": value for n in range(cases)} for place, value in rate.items()}


def grid(cases: int, by_heat: tuple[float, ...], by_least: tuple[float, ...] = (0, 0)) -> Rates:
    return rates(
        cases,
        {
            (h, m): Fraction(str(by_heat[h])) + Fraction(str(by_least[m]))
            for h, m in product(range(3), range(2))
        },
    )


def test_the_largest_effect_first_with_its_levels() -> None:
    hot, least = effects([HOT, LEAST], grid(60, (0.75, 0.5, 0.25), (0, 0.1)))
    assert (hot.setting, hot.best, hot.worst) == ("temperature", "0.6", "1")
    assert hot.difference == pytest.approx(0.5)
    assert hot.levels == (("0.6", 0.8), ("0.8", 0.55), ("1", 0.3))
    assert (least.setting, least.best, least.worst) == ("min_tokens", "20", "0")
    assert hot.shown
    assert least.difference == pytest.approx(0.1)


def test_the_interval_is_corrected_for_the_pairs_of_values() -> None:
    """Three pairs of temperatures and one of min_tokens: four."""
    hot = effects([HOT, LEAST], grid(60, (0.75, 0.5, 0.25)))[0]
    assert hot.interval == pytest.approx(paired_interval([0.5] * 60, 1 - 0.05 / 4))


def test_a_few_cases_show_nothing() -> None:
    (hot, _) = effects([HOT, LEAST], grid(4, (0.75, 0.5, 0.25)))
    assert not hot.shown


def test_settings_with_one_value_have_no_effect() -> None:
    one = Axis("top_k", (50,))
    assert effects([one], {(0,): {"a": Fraction(1)}}) == []


def test_only_cases_that_were_judged_everywhere_count() -> None:
    found: Rates = {
        (0,): {"a": Fraction(1), "b": Fraction(0)},
        (1,): {"a": Fraction(1, 2)},
    }
    assert shared_cases(found) == ["a"]
    assert mean_rates(found) == {(0,): 1.0, (1,): 0.5}


def test_much_worse_points_are_left_out() -> None:
    found = grid(60, (0.9, 0.9, 0.1))
    assert not_worse(found) == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_equal_points_are_seldom_left_out() -> None:
    """The best of nine is picked after the fact: with a plain paired test at 5 % one of the
    other eight would be left out in far more than 5 % of all sweeps."""
    luck, wrong = random.Random(1), 0
    for _ in range(100):
        found = {
            (n,): {f"c{c}": Fraction(luck.random() < 0.6) for c in range(40)} for n in range(9)
        }
        wrong += len(not_worse(found)) < 9
    assert wrong <= 5
