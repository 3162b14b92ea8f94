"""Figures against the libraries that define them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics
from statsmodels.stats.proportion import proportion_confint

from persona_eval.statistics import (
    Agreement,
    balanced_accuracy,
    bootstrapped,
    mean,
    sign_test,
    wilson,
)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_the_one_of_scipy_and_statsmodels(counts: tuple[int, int]) -> None:
    successes, n = counts
    found = wilson(successes, n)
    expected = binomtest(successes, n).proportion_ci(method="wilson")
    assert found == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert found == pytest.approx(proportion_confint(successes, n, method="wilson"), abs=1e-9)


@given(st.integers(1, 100), st.floats(0, 1))
def test_fractional_successes_lie_in_their_interval(n: int, share: float) -> None:
    low, high = wilson(share * n, n)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


def test_more_confidence_is_wider() -> None:
    narrow, wide = wilson(7, 10, 0.8), wilson(7, 10, 0.99)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


def test_nothing_is_known_of_nothing() -> None:
    assert wilson(0, 0) == (0, 1)


@pytest.mark.parametrize(("successes", "n"), [(-1, 3), (4, 3), (float("nan"), 3), (1, 0)])
def test_impossible_counts(successes: float, n: int) -> None:
    with pytest.raises(ValueError, match="among"):
        wilson(successes, n)


def test_mean() -> None:
    assert mean([]) is None
    assert mean([0.0, 1.0, 0.5]) == 0.5


def test_doing_the_same_to_every_prompt_is_worth_one_half() -> None:
    assert balanced_accuracy(1.0, 0.0) == 0.5
    assert balanced_accuracy(0.75, 0.25) == 0.5
    assert balanced_accuracy(None, 1.0) is None
    assert balanced_accuracy(1.0, None) is None


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60))
def test_agreement_is_that_of_scikit_learn(pairs: list[tuple[bool, bool]]) -> None:
    found = Agreement.of(pairs)
    truth, said = [a for a, _ in pairs], [b for _, b in pairs]
    assert found.positives + found.negatives == len(pairs)
    if any(said):
        assert found.precision == pytest.approx(metrics.precision_score(truth, said))
    if len(set(truth)) == 2:
        assert found.balanced == pytest.approx(metrics.balanced_accuracy_score(truth, said))
    if found.kappa is None:
        assert len(set(truth) | set(said)) < 2
    else:
        assert found.kappa == pytest.approx(metrics.cohen_kappa_score(truth, said))


def test_agreement_in_figures() -> None:
    found = Agreement.of([(True, True)] * 40 + [(True, False)] * 10 + [(False, False)] * 50)
    assert (found.recall, found.specificity, found.precision) == (0.8, 1.0, 1.0)
    assert found.kappa == pytest.approx(0.8)
    assert found.interval == wilson(90, 100)
    assert found.to_json()["hits"] == 40


@given(won=st.integers(0, 30), lost=st.integers(0, 30))
def test_the_sign_test_is_that_of_scipy(won: int, lost: int) -> None:
    known = binomtest(won, won + lost, alternative="greater").pvalue if won + lost else 1.0
    assert sign_test(won, lost) == pytest.approx(known)


def test_the_bootstrap_draws_whole_clusters() -> None:
    alike = [Agreement(8, 2, 1, 9)] * 5
    low, high = bootstrapped(alike) or (0, 0)
    assert low == high == pytest.approx(0.85), "clusters that are all alike leave nothing to chance"
    low, high = bootstrapped([Agreement(10, 0, 0, 10), Agreement(5, 5, 5, 5)] * 4) or (0, 0)
    assert 0.5 <= low < 0.75 < high <= 1
    assert bootstrapped([Agreement(3, 1, 0, 0)]) is None
    assert bootstrapped([]) is None


@given(st.lists(st.builds(Agreement, *[st.integers(0, 9)] * 4), min_size=1, max_size=6))
def test_an_interval_is_a_range_of_rates(clusters: list[Agreement]) -> None:
    found = bootstrapped(clusters, draws=50)
    assert found is None or 0 <= found[0] <= found[1] <= 1
