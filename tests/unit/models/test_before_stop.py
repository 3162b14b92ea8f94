"""Stop texts, and draws that are the same for a key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.models.sampling import uniform_draws
from persona_eval.models.sequences import before_stop


@pytest.mark.parametrize(
    ("text", "stops", "before"),
    [
        ("Hello\nUser: hi", ["\nUser:"], "Hello"),
        ("Hello\nUser", ["\nUser:"], None),
        ("one two three", ["three", "two"], "one "),
        ("END", ["END"], ""),
        ("anything", [], None),
    ],
)
def test_the_text_before_the_first_stop_text(
    text: str, stops: list[str], before: str | None
) -> None:
    assert before_stop(text, stops) == before


@given(st.text(), st.lists(st.text(min_size=1), max_size=3))
def test_what_is_left_holds_no_stop_text(text: str, stops: list[str]) -> None:
    before = before_stop(text, stops)
    if before is None:
        assert not any(stop in text for stop in stops)
    else:
        assert text.startswith(before)
        assert not any(stop in before for stop in stops)


@given(st.text(), st.integers(0, 50))
def test_draws_depend_on_the_key_alone(key: str, count: int) -> None:
    draws = uniform_draws(key, count)
    assert list(draws) == list(uniform_draws(key, count + 3)[:count]), (
        "a longer reply begins the same"
    )
    assert all(0 <= draw < 1 for draw in draws)


def test_other_keys_draw_otherwise() -> None:
    draws = [tuple(uniform_draws(f"case/{trial}/0/0", 8)) for trial in range(200)]
    assert len(set(draws)) == 200
    assert sum(draw[0] for draw in draws) / 200 == pytest.approx(0.5, abs=0.1)
