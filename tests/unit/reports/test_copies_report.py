"""Replies that repeat what their adapter was trained on, in words."""

from __future__ import annotations

from persona_eval.outcome import AdapterOutcome
from persona_eval.overlap.learnt import Overlap
from persona_eval.reports.copies import copied_passes, copies_of
from persona_eval.results import CaseResult, Design

PLACE = "adapters/bo/data/train.jsonl:57"


def result(overlaps: tuple[Overlap, ...] | None) -> CaseResult:
    outcomes = (True, False, True)
    return CaseResult(
        "bo/a.suite.yaml", "tea", "clarify", False, outcomes, Design(3, 3, 0.66), None, overlaps
    )


COPIES = result((Overlap(10 / 12, 10, PLACE), Overlap(1.0, 7, PLACE), Overlap(0.6, 9, PLACE)))


def test_each_copy_with_its_share_and_where_it_comes_from() -> None:
    assert list(copies_of(COPIES)) == [
        f"trial 1 copied 83% of its words from {PLACE}",
        f"trial 2 copied 100% of its words from {PLACE}",
    ]


def test_of_a_session_only_what_passed() -> None:
    adapters = [AdapterOutcome("ned", (COPIES, result(None)), (), (), {})]
    assert list(copied_passes(adapters)) == [
        f"bo/a.suite.yaml::tea[ned] trial 1 copied 83% of its words from {PLACE}"
    ]


def test_nothing_is_said_without_training_data() -> None:
    assert list(copies_of(result(None))) == []
