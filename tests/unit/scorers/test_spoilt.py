"""Counterfeits of labelled replies, as lessons."""

from __future__ import annotations

from persona_eval.scorers.fitting import SPOILT_WEIGHT
from persona_eval.scorers.labelled import rows
from persona_eval.scorers.spoilt import DEFECTS, NEGATED, spoilt


def test_each_copy_fails_for_what_was_spoilt_and_keeps_its_place() -> None:
    labelled = rows()
    copies = spoilt(labelled)
    assert len(copies) > 1000
    assert {copy.defect for _, copy in copies} <= {*DEFECTS.values(), *NEGATED.values()}
    for place, copy in copies:
        origin = labelled[place]
        assert origin.passes
        assert not origin.sampled
        assert not copy.passes
        assert copy.reply != origin.reply
        assert (copy.voice, copy.messages) == (origin.voice, origin.messages)


def test_a_reply_is_spoilt_once_and_not_always_in_the_same_way() -> None:
    copies = spoilt(rows())
    assert len({place for place, _ in copies}) == len(copies)
    assert {copy.defect for _, copy in copies} >= set(DEFECTS.values())
    assert 0 < SPOILT_WEIGHT < 1
