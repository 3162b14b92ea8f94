"""Training makes an adapter: its weights, its files, the epoch that is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from support import CHATML, TinyBase, tiny_gemma, tiny_llama, tiny_tokenizer, weights
from trainings import WRITTEN, names, recipe, saved

from persona_eval.models.adapters import inspect_adapter, probe, take_off, wear
from persona_eval.training.adapter import load_adapter
from persona_eval.training.loop import Loop
from persona_eval.training.run import Progress
from persona_eval.training.train import train


def test_training_lowers_the_loss_and_leaves_the_base_plain(base: TinyBase, tully: Path) -> None:
    plain, before = probe(base.model), weights(base.model)
    manifest = train(recipe(epochs=4), base, tully)
    valid = [point.valid for point in manifest.points]
    assert valid[0] == pytest.approx(math.log(262), rel=0.2)
    assert valid[-1] is not None
    assert valid[-1] < valid[0] - 0.5
    assert mx.array_equal(probe(base.model), plain)
    assert all(np.array_equal(before[name], value) for name, value in weights(base.model).items())
    assert not any(module.training for module in base.model.modules())


def test_what_is_written_is_complete_and_holds_no_path(base: TinyBase, tully: Path) -> None:
    base = replace(base, name=str(tully / "some-model"))
    manifest = train(recipe(), base, tully)
    assert names(tully) == {*WRITTEN, ".train.lock", "data", "checkpoints"}
    assert load_adapter(tully).manifest == manifest
    config = json.loads((tully / "adapter_config.json").read_text())
    assert (config["fine_tune_type"], config["num_layers"]) == ("lora", 2)
    assert config["lora_parameters"]["keys"][0] == "mlp.down_proj"
    assert config["base_fingerprint"] == base.fingerprint
    assert manifest.base_name == "some-model"
    assert (manifest.train_examples, manifest.valid_examples, manifest.seed) == (9, 2, 0)
    assert manifest.trained_tokens == 2 * sum(6 * (n % 3 + 1) + 2 for n in range(9))
    assert set(manifest.versions) == {"mlx", "mlx-lm", "transformers"}
    for name in ("manifest.json", "adapter_config.json"):
        assert str(tully.parent) not in (tully / name).read_text()
    assert {str(t.dtype) for t in saved(tully).values()} == {"float16"}
    inspect_adapter(base, tully)


def test_the_same_seed_gives_the_same_weights(base: TinyBase, tully: Path, tmp_path: Path) -> None:
    made = []
    for seed in (1, 1, 2):
        train(recipe(seed=seed, lora={"rank": 4, "dropout": 0.2}), base, tully)
        made.append(saved(tully))
        mx.random.normal((seed,))  # what else draws in between must not matter
    assert all(np.array_equal(made[0][name], made[1][name]) for name in made[0])
    assert not all(np.array_equal(made[0][name], made[2][name]) for name in made[0])


def test_the_saved_adapter_answers_as_the_trained_model_did(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = []

    class Probing(Loop):
        def steps(self) -> Any:
            for step in super().steps():
                trained.append(probe(self.objective.model))
                yield step

    monkeypatch.setattr("persona_eval.training.train.Loop", Probing)
    plain = probe(base.model)
    train(recipe(select="last"), base, tully)
    originals = wear(base, tully)
    np.testing.assert_allclose(probe(base.model), trained[-1], atol=5e-3)  # float16 on disk
    assert np.abs(np.array(trained[-1]) - np.array(plain)).max() > 0.1
    take_off(base.model, originals)
    assert mx.array_equal(probe(base.model), plain)


def test_every_example_is_used_in_every_epoch(
    base: TinyBase, tully: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    step = Loop._timed_step

    def counting(self: Loop, batches: Any) -> Any:
        seen.extend(example.source.line for batch in batches for example in batch.examples)
        return step(self, batches)

    monkeypatch.setattr(Loop, "_timed_step", counting)
    train(recipe(), base, tully)
    assert sorted(seen) == sorted([*range(1, 10)] * 2)


@pytest.mark.parametrize("make", [tiny_gemma, tiny_llama, lambda: tiny_llama(tied=True)])
def test_other_architectures_and_templates(make: Callable[[], Any], tully: Path) -> None:
    base = TinyBase(make(), tiny_tokenizer(CHATML, stops=["<|im_end|>"]))
    manifest = train(recipe(), base, tully)
    first, *_, last = manifest.points
    assert last.valid is not None
    assert first.valid is not None
    assert last.valid < first.valid
    assert wear(base, tully)


def test_chosen_layers_keys_and_split(base: TinyBase, tully: Path) -> None:
    lora = {"rank": 2, "keys": ["self_attn.v_proj"], "layers": 1}
    data = {"train": "data/train.jsonl", "valid_share": 0.25}
    manifest = train(recipe(lora=lora, data=data), base, tully)
    assert set(saved(tully)) == {f"model.layers.1.self_attn.v_proj.lora_{x}" for x in "ab"}
    assert (manifest.train_examples, manifest.valid_examples) == (7, 2)


def test_progress_tells_where_the_training_stands(base: TinyBase, tully: Path) -> None:
    told: list[Progress] = []
    train(recipe(), base, tully, told.append)
    assert (told[0].step, told[0].steps, told[0].epochs) == (0, 6, 2)
    assert told[0].point
    assert told[0].point.valid is not None
    assert told[0].seconds_left is None
    steps = [progress for progress in told if progress.step and progress.loss]
    assert {progress.step for progress in steps} == set(range(1, 7))
    assert all(progress.tokens_per_second > 0 for progress in steps)
    assert told[-1].seconds_left == pytest.approx(0)
