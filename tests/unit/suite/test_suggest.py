from __future__ import annotations

import pytest

from persona_eval.suite.suggest import did_you_mean, nearest

NAMES = ("asks_to_clarify", "contains", "contains_any", "trials", "dont_know", "never")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ask_to_clarify", "asks_to_clarify"),
        ("contians", "contains"),
        ("trial", "trials"),
        ("Dont-Know", "dont_know"),
        ("containsany", "contains_any"),
        ("banana", None),
        ("", None),
    ],
)
def test_the_nearest_name_is_meant_if_any_is_near(written: str, meant: str | None) -> None:
    assert nearest(written, NAMES) == meant


def test_what_is_allowed_is_always_said() -> None:
    assert did_you_mean("trails", ["prompt", "trials"]) == (
        ": did you mean `trials`? Allowed: prompt, trials"
    )
    assert did_you_mean("x", ["prompt"]) == ". Allowed: prompt"
    assert did_you_mean("x", []) == "."
