"""Luck, wordings and drift in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from documents import DOCS

from persona_eval.consistency import Spread
from persona_eval.drift import DriftLine, DriftPlan, Finding, Probe, drifted
from persona_eval.judging import Judgement
from persona_eval.reports.steady import (
    drift_text,
    luck_lines,
    sparkline,
    spread_text,
    steady_lines,
)
from persona_eval.results import CaseResult, Design


def result(
    marks: str, name: str = "kite", wordings: tuple[str, ...] = (), rate: float = 0.66
) -> CaseResult:
    outcomes = tuple(mark == "+" for mark in marks)
    design = Design(len(marks), len(marks), rate)
    return CaseResult(
        "bo/a.suite.yaml", name, "in_character", False, outcomes, design, wordings=wordings
    )


def line(finding: Finding, interval: tuple[float, float] | None) -> DriftLine:
    return DriftLine(
        "fact", (3, 6, 9), (1.0, 0.5, None), -0.05, -0.3, interval, True, 0.1, finding
    )  # fmt: skip


def test_cases_that_may_fail_again_stand_in_one_line_the_surest_failures_first() -> None:
    results = [
        result("++-", "a"),
        result("+++", "b"),
        result("+--", "c"),
        result("++++-", "d", rate=0.8),
    ]
    assert list(luck_lines(results)) == [
        "luck 2 of 3 passing cases would pass again with a chance below 80%: d (64%), a (66%)"
    ]


def test_many_of_them_are_counted() -> None:
    (only,) = luck_lines([result("++-", f"case-{n}") for n in range(9)])
    assert only.endswith("case-4 (66%), case-5 (66%) and 3 more")


def test_a_wording_that_always_fails_is_named() -> None:
    found = result("++-" * 3, wordings=("Kite?", "A kite?", "kite"))
    assert list(luck_lines([found])) == [
        "luck bo/a.suite.yaml::kite passed 6 of 9 trials: the wording “kite” fails all of its 3 trials"
    ]
    assert list(steady_lines(found)) == [
        "  3 of 3 passed: “Kite?”",
        "  3 of 3 passed: “A kite?”",
        "  0 of 3 passed: “kite”",
        "  passes by luck: the wording “kite” fails all of its 3 trials",
    ]


def test_a_case_of_one_wording_that_passes_says_nothing() -> None:
    assert list(steady_lines(result("+++"))) == []
    assert list(luck_lines([result("+++")])) == []


@pytest.mark.parametrize(
    ("spread", "expected"),
    [
        (None, ""),
        (Spread(None, None), ""),
        (Spread(0.25, None), "replies are apart by 0.25 (0 the same, 1 unlike)"),
    ],
)
def test_spread(spread: Spread | None, expected: str) -> None:
    assert spread_text(replace(result("++-"), spread=spread)) == expected


def test_spread_of_wordings() -> None:
    found = replace(result("++-+", wordings=("a", "b")), spread=Spread(0.25, 0.5))
    assert spread_text(found) == (
        "replies are apart by 0.25 within a wording, 0.50 between wordings (0 the same, 1 unlike)"
    )
    assert spread_text(replace(found, spread=Spread(None, 0.5))) == (
        "replies are apart by 0.50 between wordings (0 the same, 1 unlike)"
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (line("drops", (-0.5, -0.2)), "-0.30 (95 % -0.50 to -0.20); more than a drop of 0.10"),
        (
            line("open", (-0.7, 0.1)),
            "-0.30 (95 % -0.70 to +0.10); whether that is a drop of 0.10 cannot be told: the "
            "interval is too wide, more trials would tell",
        ),
        (
            line("open", None),
            "-0.30; whether that is a drop of 0.10 cannot be told: one trial has no interval, more "
            "trials would tell",
        ),
    ],
)
def test_drift(found: DriftLine, expected: str) -> None:
    assert drift_text(found) == f"fact score █▅  over turns 3–9: {expected}"


def test_the_line_of_the_page() -> None:
    """Five conversations: one remembers to the end, three forget at last, one sooner."""
    said = ((1, 1, 1), (1, 1, 0), (1, 1, 0), (1, 1, 0), (1, 0, 0))
    plan = DriftPlan(0.1, tuple(Probe(turn, "fact", "Your brother?") for turn in (5, 11, 17)))
    (found,) = drifted(plan, [Judgement(True, None, facts(row)) for row in said]).lines
    assert f"::long-talk: {drift_text(found)}\n" in (DOCS / "consistency.md").read_text("utf-8")


def facts(row: tuple[int, ...]) -> tuple[dict[str, Any], ...]:
    pairs = zip((5, 11, 17), row, strict=True)
    return tuple({"turn": turn, "source": "case", "passed": bool(right)} for turn, right in pairs)


def test_drift_without_scores() -> None:
    found = replace(line("open", None), change=None, slope=None, scores=(None, None, None))
    assert drift_text(found).endswith("turns 3–9: cannot be told, as too few replies have a score")


def test_a_score_that_is_low_from_the_start_has_nothing_to_lose() -> None:
    found = replace(line("holds", (0.0, 0.0)), scores=(0.0, 0.05, 0.1), change=0.0)
    assert drift_text(found).endswith("+0.00 (95 % +0.00 to +0.00); too low from the start to fall")


def test_a_sparkline() -> None:
    assert sparkline([0.0, 0.5, 1.0, None]) == "▁▅█ "
