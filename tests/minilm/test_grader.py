"""MiniLM that reads card, prompt and reply together, and its training."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from persona_eval.scorers import tuning
from persona_eval.scorers.grader import (
    BEHAVIOURS,
    LONGEST,
    Grader,
    encoded,
    encoder,
    shipped,
    unseen_by_voice,
)
from persona_eval.scorers.labelled import Row, rows
from persona_eval.scorers.passages import Passage

PASSAGES = [
    Passage("Moss is six.", "", "How old are you?", "Six and a half!"),
    Passage("", "", "Why?", ""),
    Passage("", "Hello!", "Word " * 3000, "Word " * 3000),
    Passage("", "", "🦔", "Я не знаю."),
]
TEXTS = [passage.text() for passage in PASSAGES]


@pytest.fixture(scope="module")
def grader() -> Grader:
    return shipped()


def test_each_behaviour_has_its_log_odds(grader: Grader) -> None:
    found = grader.embed(TEXTS)
    assert found.shape == (len(TEXTS), len(BEHAVIOURS))
    assert np.isfinite(found).all()
    assert grader.embed([]).shape == (0, len(BEHAVIOURS))


def test_a_passage_reads_the_same_alone_and_among_others(grader: Grader) -> None:
    together = grader.embed(TEXTS)
    for index, text in enumerate(TEXTS):
        assert grader.embed([text])[0] == pytest.approx(together[index], abs=1e-3)


def test_prompt_and_card_count(grader: Grader) -> None:
    asked, other, card = grader.embed(
        [
            Passage("", "", "What is a kettle for?", "For tea!").text(),
            Passage("", "", "May I climb the roof?", "For tea!").text(),
            Passage("Moss never drinks tea.", "", "What is a kettle for?", "For tea!").text(),
        ]
    )
    assert not np.allclose(asked, other, atol=0.01)
    assert not np.allclose(asked, card, atol=0.01)


def test_another_text_is_refused(grader: Grader) -> None:
    with pytest.raises(ValueError, match="a passage has 4 sections"):
        grader.embed(["a reply"])


def test_long_sections_are_cut_and_the_end_of_a_reply_is_read() -> None:
    model = encoder()
    long = Passage("fact " * 500, "turn " * 500, "prompt " * 500, "reply " * 500 + "sesame")
    (tokens, kinds), *_ = encoded([long], model)
    assert len(tokens) == len(kinds) == LONGEST
    (last,) = model.tokens(["sesame"], special=False)
    assert tokens[-1 - len(last) : -1] == last
    assert kinds == sorted(kinds)


def test_each_voice_has_a_grader_that_has_not_seen_it() -> None:
    graders = unseen_by_voice()
    voices = {row.voice for row in rows()}
    assert graders.keys() == voices
    assert all(voice in grader.left_out for voice, grader in graders.items())
    assert not shipped().left_out
    assert len({grader.name for grader in [*graders.values(), shipped()]}) == tuning.GROUPS + 1


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> tuple[Row, ...]:
    monkeypatch.setattr(tuning, "BATCH", 4)
    monkeypatch.setattr(tuning, "EPOCHS", 1.5)
    return rows()[::400]


def test_the_same_rows_train_the_same_grader_which_survives_its_file(
    few: tuple[Row, ...], tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    voices = sorted({row.voice for row in few})
    first = tuning.tune(few, voices, lambda step, steps, _: told.append((step, steps)))
    again = tuning.tune(few, voices, lambda *_: None)
    assert [step for step, _ in told] == list(range(1, told[0][1] + 1))
    assert first.keys() == again.keys()
    assert all((first[name] == again[name]).all() for name in first)
    assert all(first[name].abs().sum() > 0 for name in first if name.endswith(".up"))
    tuning.save(first, tmp_path / "some.safetensors", ["moss"])
    kept = Grader(tmp_path / "some.safetensors")
    assert kept.left_out == {"moss"}
    assert kept.name != shipped().name
    assert not np.allclose(kept.embed(TEXTS), shipped().embed(TEXTS), atol=0.01)


def test_a_voice_that_is_left_out_teaches_nothing(few: tuple[Row, ...]) -> None:
    model = encoder()
    voices = sorted({row.voice for row in few})
    without = tuning.lessons(few, voices[1:], model)
    everything = tuning.lessons(few, voices, model)
    assert 0 < len(without) < len(everything)


def test_both_sides_of_a_behaviour_weigh_the_same() -> None:
    known = [
        tuning.Lesson(([], []), (1.0, math.nan), whole=True),
        *[tuning.Lesson(([], []), (0.0, math.nan), whole=True)] * 3,
    ]
    no, yes = tuning._sides(known)
    assert 3 * no.tolist()[0] == pytest.approx(yes.tolist()[0])
    assert torch.isfinite(torch.stack([no, yes])).all()
