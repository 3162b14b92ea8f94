"""Trying a model before its first batch."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from support import tiny_gemma, tiny_llama, tiny_tokenizer

from persona_eval.models import probe
from persona_eval.models.decoding import Decoder
from persona_eval.models.mlx import LoadedBase
from persona_eval.models.probe import SIZES, best_batch_size, difference
from persona_eval.notes import Notes

PLENTY = 2**30


def base(folder: Path, model: Any) -> LoadedBase:
    config = {"num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1}
    (folder / "config.json").write_text(json.dumps({**config, "head_dim": 16}))
    return LoadedBase("tiny", folder, "f", model, tiny_tokenizer())


def sloppy(model: Any) -> Any:
    """The model with a batch bug: rows look at their neighbours."""

    class Sloppy(type(model.model)):  # type: ignore[misc]
        def __call__(self, *args: Any, **kwargs: Any) -> mx.array:
            states = super().__call__(*args, **kwargs)
            return states + 0.3 * states.mean(axis=0, keepdims=True) * (len(states) > 1)

    model.model.__class__ = Sloppy
    return model


@pytest.mark.parametrize("make", [tiny_gemma, tiny_llama])
def test_batches_of_a_sound_model_agree(tmp_path: Path, make: Any) -> None:
    sound = base(tmp_path, make())
    assert difference(sound, Decoder(sound.model)) < 1e-4


def test_a_model_with_a_batch_bug_answers_one_at_a_time(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "notes.json")
    for _ in range(2):  # the second time from the notes
        broken = base(tmp_path, sloppy(tiny_llama()))
        with pytest.warns(RuntimeWarning, match="tiny gives other logits in a batch .* one at a"):
            size = best_batch_size(broken, "cpu-float32", PLENTY, 16, notes)
        assert size == 1


def test_a_model_whose_logits_are_no_numbers_is_not_trusted_in_batches(tmp_path: Path) -> None:
    model = tiny_llama()
    model.lm_head.weight = model.lm_head.weight * mx.nan
    with pytest.warns(RuntimeWarning, match="nan"):
        size = best_batch_size(
            base(tmp_path, model), "cpu-float32", PLENTY, None, Notes(tmp_path / "notes.json")
        )
    assert size == 1


def test_the_answers_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = Notes(tmp_path / "notes.json")
    loaded = base(tmp_path, tiny_gemma())
    size = best_batch_size(loaded, "cpu-float32", PLENTY, None, notes)
    assert size in SIZES
    monkeypatch.setattr(probe, "difference", lambda *_: pytest.fail("probed again"))
    monkeypatch.setattr(probe, "fastest_size", lambda *_: pytest.fail("timed again"))
    assert best_batch_size(loaded, "cpu-float32", PLENTY, None, notes) == size


def test_the_users_size_is_taken_and_not_timed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "fastest_size", lambda *_: pytest.fail("timed"))
    notes = Notes(tmp_path / "notes.json")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert best_batch_size(base(tmp_path, tiny_gemma()), "cpu-float32", PLENTY, 3, notes) == 3


def test_little_memory_means_a_small_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_seconds", lambda decoder, token, cache, size: 1.0)
    loaded = base(tmp_path, tiny_gemma())
    each = loaded.bytes_per_token * 2 * probe.CONTEXT + len(loaded.tokenizer) * 8
    for room, size in ((PLENTY, 64), (each * 20, 16), (0, 8)):
        notes = Notes(tmp_path / f"{size}.json")
        assert best_batch_size(loaded, "cpu-float32", room, None, notes) == size


def test_a_larger_batch_must_be_worth_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = {8: 0.1, 16: 0.15, 32: 0.298, 64: 0.7}
    monkeypatch.setattr(probe, "_seconds", lambda decoder, token, cache, size: times[size])
    notes = Notes(tmp_path / "notes.json")
    assert best_batch_size(base(tmp_path, tiny_gemma()), "cpu-float32", PLENTY, None, notes) == 16
