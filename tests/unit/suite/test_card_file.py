"""Limits written into a card that keeps everything else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from persona_eval.errors import SuiteError
from persona_eval.suite.card import Limits
from persona_eval.suite.card_file import write_limits
from persona_eval.suite.load import load_persona

CARD = """\
# Ned's card
name: Ned   # short for Edward
voice:
  samples: ["Aye."]
facts:
  - "Ned: a sailor."
"""
WRITTEN = "limits:  # by persona-eval calibrate\n  in_voice: 0.25\n  relevant: 0.6\n"


@pytest.mark.parametrize(
    ("card", "expected"),
    [
        (CARD, CARD + WRITTEN),
        (CARD.rstrip("\n"), CARD + WRITTEN),
        (CARD + "limits: {coherent: 0.5}\n", CARD + WRITTEN),
        ("{name: Ned, age: 6}", "{name: Ned, age: 6, limits: {in_voice: 0.25, relevant: 0.6}}"),
        (
            "{name: Ned, limits: {coherent: 0.1}, age: 6}\n",
            "{name: Ned, limits: {in_voice: 0.25, relevant: 0.6}, age: 6}\n",
        ),
        ("limits:\n  coherent: 0.5\n\n" + CARD, WRITTEN + CARD.split("\n", 1)[1]),
    ],
)
def test_the_rest_stays_as_it_was(tmp_path: Path, card: str, expected: str) -> None:
    path = tmp_path / "persona.yaml"
    path.write_text(card)
    write_limits(path, {"relevant": 0.6, "in_voice": 0.25})
    assert path.read_text() == expected
    assert load_persona(path).limits == Limits(in_voice=0.25, relevant=0.6)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted(Limits.model_fields)),
        st.floats(0.001, 0.999).map(lambda value: round(value, 3)),
        min_size=1,
    )
)
def test_what_is_written_is_read(tmp_path: Path, limits: dict[str, float]) -> None:
    path = tmp_path / "persona.yaml"
    path.write_text(CARD)
    for _ in range(2):
        write_limits(path, limits)
        assert load_persona(path).limits.model_dump(exclude_none=True) == limits


def test_a_broken_card_or_limit_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "persona.yaml"
    for text, limits in (("nam: Ned\n", {"in_voice": 0.5}), (CARD, {"in_voice": 2.0})):
        path.write_text(text)
        with pytest.raises(SuiteError):
            write_limits(path, limits)
        assert path.read_text() == text
