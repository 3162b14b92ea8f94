"""Comparisons against the libraries that define them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from persona_eval.statistics.paired import sign_test


@given(won=st.integers(0, 30), lost=st.integers(0, 30))
def test_the_sign_test_is_that_of_scipy(won: int, lost: int) -> None:
    known = binomtest(won, won + lost, alternative="greater").pvalue if won + lost else 1.0
    assert sign_test(won, lost) == pytest.approx(known)
