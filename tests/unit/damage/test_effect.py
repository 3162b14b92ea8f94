"""A figure on both sides: shares, and nats per token."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from scipy.stats import binomtest

from persona_eval.damage.effect import Effect, Part

ONES, NONE = [Fraction(1)] * 36, [Fraction(0)] * 36


def shares(*passed: int, of: int = 36) -> list[Fraction]:
    return [Fraction(number in passed) for number in range(of)]


def test_shares_are_tested_like_mcnemar() -> None:
    effect = Effect.of_shares("a", shares(*range(10)), shares(*range(8, 12)))
    assert (effect.cases, effect.changed) == (36, 10 / 36)
    assert effect.base == pytest.approx(10 / 36)
    assert effect.adapter == pytest.approx(4 / 36)
    assert effect.difference == pytest.approx(-6 / 36)
    assert effect.p == pytest.approx(binomtest(2, 10).pvalue)
    low, high = effect.interval
    assert low < effect.difference < high


def test_nats_are_paired_too() -> None:
    base = [3 + n / 7 for n in range(20)]
    effect = Effect.of_nats("text", base, [each + 0.25 for each in base])
    assert effect.difference == pytest.approx(0.25)
    assert effect.interval == pytest.approx((0.25, 0.25))
    assert effect.p == pytest.approx(2 / 2**20), "all twenty are worse"
    assert Effect.of_nats("text", base, base).p == 1


def test_plain_data_hold_no_infinity() -> None:
    few = Effect.of_nats("text", [3.0, 3.1], [3.2, 3.2])
    assert few.interval == (-math.inf, math.inf)
    whole = Part("plain_text", few).to_json()["whole"]
    assert whole["interval"] == [None, None]
    assert whole["difference"] == pytest.approx(0.15)
