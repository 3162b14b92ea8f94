"""Limits learnt from an author's labels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.calibration import Judged, calibrate, learn, limits_of, merged
from persona_eval.scorers.fitting import trained_scorers
from persona_eval.scorers.registry import default_registry
from persona_eval.scorers.voice import InVoice
from persona_eval.statistics.agreement import Agreement
from persona_eval.suite.card import Limits, Persona

NOW = {"in_voice": 0.35, "relevant": 0.4}


def judged(passes: bool, voice: float, fails: bool = False, relevant: float = 0.9) -> Judged:
    return Judged(passes, fails, (("in_voice", voice, True), ("relevant", relevant, True)))


HIGHER = [judged(n % 2 == 0, 0.9 if n % 2 == 0 else 0.6) for n in range(30)]
"""All pass under the limits of now; a higher one for the voice tells them apart."""


def test_a_limit_moves_to_where_it_parts_passes_from_fails() -> None:
    found = calibrate(HIGHER, NOW)
    assert found.limits == {"in_voice": 0.75}
    assert found.before.balanced == 0.5
    assert found.held_out.balanced == 1.0
    assert found.better


def test_what_is_right_already_stays() -> None:
    right = [judged(n % 2 == 0, 0.9 if n % 2 == 0 else 0.2) for n in range(30)]
    found = calibrate(right, NOW)
    assert (found.limits, found.better) == ({}, False)


def test_labels_without_a_pattern_move_nothing_into_the_card() -> None:
    random = [judged((n * 7) % 10 < 5, ((n * 13) % 29) / 29) for n in range(40)]
    assert not calibrate(random, NOW).better


def test_what_fails_otherwise_cannot_be_mended_by_limits() -> None:
    spoilt = [judged(True, 0.9, fails=True), *HIGHER]
    assert learn(spoilt, NOW)["relevant"] == NOW["relevant"]
    assert not judged(True, 0.9, fails=True).passed(NOW)


def test_the_absence_of_a_behaviour_can_be_wanted() -> None:
    asks = Judged(True, False, (("asks_to_clarify", 0.3, False),))
    assert asks.passed({"asks_to_clarify": 0.45})
    assert not asks.passed({"asks_to_clarify": 0.25})


@given(
    st.lists(
        st.builds(judged, st.booleans(), st.floats(0, 1), st.booleans(), st.floats(0, 1)),
        min_size=2,
        max_size=25,
    )
)
def test_learnt_limits_never_judge_their_own_labels_worse(labels: list[Judged]) -> None:
    limits = learn(labels, NOW)
    before = Agreement.of((each.passes, each.passed(NOW)) for each in labels).balanced
    after = Agreement.of((each.passes, each.passed(limits)) for each in labels).balanced
    assert before is None or (after is not None and after >= before - 1e-9)


def test_limits_of_now_are_the_card_s_or_the_behaviour_s_own() -> None:
    trained = trained_scorers(default_registry())
    card = Persona(name="Ned", limits=Limits(relevant=0.7))
    now = limits_of(card, trained)
    assert now["relevant"] == 0.7
    assert now["in_voice"] == InVoice.accepts_in_pack
    assert merged(card, {"in_voice": 0.2}) == Limits(relevant=0.7, in_voice=0.2)


@pytest.mark.parametrize("limit", [0.0, 1.0, -1.0, float("nan")])
def test_a_limit_is_a_probability(limit: float) -> None:
    with pytest.raises(ValueError, match="in_voice"):
        Limits(in_voice=limit)
