"""Which lines are coloured on a terminal."""

from __future__ import annotations

import pytest
from told import score, told

from persona_eval.reports.tones import tone
from persona_eval.reports.transcript import conversation_lines, trial_lines


@pytest.mark.parametrize(
    ("line", "colour"),
    [
        ("gate PASS: 2 of 2 cases passed", "green"),
        ("gate FAIL: 1 case fails", "red"),
        ("gate ERROR: 1 case could not be judged", "red"),
        ("ERROR a::b: no memory", "red"),
        ("broken    bo::tea (3 of 3 trials then, 0 of 3 now)", "red"),
        ("fixed     bo::tea", "green"),
        ("failed a::b", "red"),
        ("note 1 case was not run", "yellow"),
        ("          now  “gate PASS: all is well”", None),
        ("category        cases", None),
        ("gateway", None),
        ("", None),
    ],
)
def test_of_the_closing_block(line: str, colour: str | None) -> None:
    assert tone(line).get(colour or "bold", False) is (colour is not None)


def test_of_a_failing_case() -> None:
    trials = [
        told("gate PASS", score("contains", False), score("words", True)),
        told("Ho.", number=2),
    ]
    colours = [next(iter(tone(line)), None) for line in conversation_lines(trials, full=True)]
    assert colours == [None, "red", None, None, "red", "green", None, "green", None, None]
    assert [next(iter(tone(line))) for line in trial_lines(trials)] == ["red", "green"]


def test_a_name_of_one_letter_gives_a_reply_no_colour() -> None:
    said = told("word " * 18 + "FAIL contains: because", speaker="B")
    lines = "\n".join(conversation_lines([said], full=True)).splitlines()
    assert lines[-1].strip().startswith("FAIL")
    assert tone(lines[-1]) == {}
