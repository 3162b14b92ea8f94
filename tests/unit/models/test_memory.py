"""Figures of memory, in bytes."""

from __future__ import annotations

import numpy as np

from persona_eval.models import memory


def test_a_batch_gets_a_share_of_the_machine() -> None:
    assert 2**28 <= memory.for_batches() < 2**45


def test_the_peak_grows_with_what_is_held() -> None:
    before = memory.peak()
    held = np.ones(50_000_000)
    assert held.sum() > 0
    assert memory.peak() >= max(before, held.nbytes)
