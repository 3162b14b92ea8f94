"""Before the first step: what cannot be trained, what need not be, and who else is at it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from support import TinyBase, chat, tiny_gemma, tiny_tokenizer, write_jsonl
from trainings import recipe

from persona_eval.errors import DataError, TrainingError
from persona_eval.training.adapter import Manifest, is_stale
from persona_eval.training.train import (
    ensure_trained,
    fingerprint,
    read_sources,
    train,
    training_lock,
)


@pytest.mark.parametrize(
    ("lora", "message"),
    [
        ({"layers": 3}, "lora.layers is 3, but tiny has 2 layers"),
        ({"keys": ["q_proj"]}, r"did you mean self_attn\.q_proj\?.*allowed: mlp\.down_proj, "),
        ({"keys": ["model.embed_tokens"]}, "names no layer"),
        ({"keys": ["mlp.upproj"]}, r"did you mean mlp\.up_proj"),
    ],
)
def test_adapters_that_the_model_cannot_have(
    base: TinyBase, tully: Path, lora: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        train(recipe(lora=lora), base, tully)


def test_problems_of_both_data_files_come_at_once(base: TinyBase, tully: Path) -> None:
    (tully / "data/train.jsonl").write_text("{")
    (tully / "data/valid.jsonl").unlink()
    with pytest.raises(DataError) as caught:
        read_sources(recipe(), tully)
    assert [problem.path.name for problem in caught.value.problems] == [
        "train.jsonl",
        "valid.jsonl",
    ]


def test_an_unlearnable_stop_token_is_found_before_training(tully: Path) -> None:
    model = tiny_gemma()
    model.model.embed_tokens.weight = mx.ones_like(model.model.embed_tokens.weight)
    with pytest.raises(TrainingError, match="the base model cannot learn to stop"):
        train(recipe(), TinyBase(model, tiny_tokenizer()), tully)


def test_training_happens_only_when_something_changed(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure_trained(recipe(), base, tully)
    assert is_stale(tully, fingerprint(recipe(), tully, base.fingerprint)) is None
    assert ensure_trained(recipe(), base, tully) == first
    assert ensure_trained(recipe(epochs=1), base, tully).points[-1].epoch == 1
    write_jsonl(tully / "data/valid.jsonl", [chat("New", "Words")])
    reason = is_stale(tully, fingerprint(recipe(epochs=1), tully, base.fingerprint))
    assert reason == "the training data changed since it was trained"


def test_two_trainings_do_not_collide(base: TinyBase, tully: Path) -> None:
    with (
        training_lock(tully, wait=False),
        pytest.raises(TrainingError, match="another training is at work in"),
    ):
        train(recipe(), base, tully)


def test_waiting_for_the_other_training_uses_what_it_made(base: TinyBase, tully: Path) -> None:
    made = train(recipe(), base, tully)
    got: list[Manifest] = []
    with training_lock(tully, wait=False):
        waiting = threading.Thread(target=lambda: got.append(ensure_trained(recipe(), base, tully)))
        waiting.start()
        waiting.join(0.2)
        assert not got
    waiting.join(30)
    assert got == [made]
