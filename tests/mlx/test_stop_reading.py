"""What a model expects along given replies, against the plain formula."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
from tiny_batches import EOS, IM_END, loaded

from persona_eval.errors import EngineError
from persona_eval.models.mlx import LoadedBase
from persona_eval.models.stops import Line, read_lines

LINES = [
    Line((2, 40, 41, 42, 43, 44), 3),
    Line((2, 50, 51, 52, 53, 54, 55, 56, 57, 58), 2),
    Line((2, 60, 61), 3),
]
"""Of different lengths, the last without a reply."""


@pytest.fixture
def base(folder: Path) -> LoadedBase:
    return loaded(folder)


def expected(base: LoadedBase, line: Line) -> np.ndarray:
    """Probabilities (places, vocabulary) before each token of the reply and after the last."""
    logits = base.model(mx.array([line.tokens]))[0, line.start - 1 :]
    return np.array(mx.softmax(logits.astype(mx.float32), axis=-1))


def test_figures_are_those_of_the_plain_formula(base: LoadedBase) -> None:
    for line, seen in zip(LINES, read_lines(base, LINES, [EOS, IM_END]), strict=True):
        chances = expected(base, line)
        said = [np.log(chances[place, token]) for place, token in enumerate(line.reply)]
        unsure = -(chances * np.log(chances)).sum(axis=-1)
        assert seen.logprobs == pytest.approx(said, abs=1e-4)
        assert seen.entropies == pytest.approx(unsure[:-1], abs=1e-4)
        for token in (EOS, IM_END):
            assert seen.stops[token] == pytest.approx(chances[:, token], abs=1e-5)


def test_a_reply_of_n_tokens_has_one_place_more(base: LoadedBase) -> None:
    found = read_lines(base, LINES, [EOS])
    assert [len(seen.logprobs) for seen in found] == [3, 8, 0]
    assert [len(seen.stops[EOS]) for seen in found] == [4, 9, 1]


def test_neighbours_change_nothing(base: LoadedBase) -> None:
    together = read_lines(base, LINES, [EOS])
    alone = [read_lines(base, [line], [EOS])[0] for line in LINES]
    for one, other in zip(together, alone, strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, abs=1e-4)
        assert one.stops[EOS] == pytest.approx(other.stops[EOS], abs=1e-5)


def test_nothing_is_watched(base: LoadedBase) -> None:
    assert read_lines(base, LINES[:1], [])[0].stops == {}
    assert read_lines(base, [], [EOS]) == []


def test_a_line_that_is_longer_than_the_context(folder: Path) -> None:
    with pytest.raises(EngineError, match="more than the context of tiny"):
        read_lines(loaded(folder, context=8), LINES, [EOS])
