"""Agreement against scikit-learn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from persona_eval.statistics.agreement import Agreement, bootstrapped
from persona_eval.statistics.rates import wilson


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
