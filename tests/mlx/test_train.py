from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from support import (
    CHATML,
    TinyBase,
    chat,
    tiny_gemma,
    tiny_llama,
    tiny_tokenizer,
    weights,
    write_jsonl,
)

from persona_eval.errors import DataError, TrainingError
from persona_eval.models.adapters import inspect_adapter, lora_tensors, probe, take_off, wear
from persona_eval.training import checkpoint
from persona_eval.training.adapter import Manifest, is_stale, load_adapter, read_manifest
from persona_eval.training.loop import Loop, Progress
from persona_eval.training.recipe import Recipe
from persona_eval.training.train import (
    UNFINISHED,
    ensure_trained,
    fingerprint,
    read_sources,
    train,
    training_lock,
)


def recipe(**changes: Any) -> Recipe:
    data = {"train": "data/train.jsonl", "valid": "data/valid.jsonl"}
    settings = {"data": data, "epochs": 2, "learning_rate": 5e-3, "lora": {"rank": 4}}
    return Recipe.model_validate({**settings, "batch_size": 4, **changes})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "tully"
    rows = [chat(f"Hi {n}!", "Hello!" * (n % 3 + 1)) for n in range(9)]
    write_jsonl(folder / "data/train.jsonl", rows)
    write_jsonl(folder / "data/valid.jsonl", [chat("Hi you!", "Hello!"), chat("A", "B", "C", "D")])
    return folder


def saved(folder: Path) -> dict[str, Any]:
    tensors: Any = mx.load(str(folder / "adapters.safetensors"))
    return {name: np.array(tensor) for name, tensor in tensors.items()}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


WRITTEN = {"adapters.safetensors", "adapter_config.json", "manifest.json"}


def test_training_lowers_the_loss_and_leaves_the_base_plain(base: TinyBase, folder: Path) -> None:
    plain, before = probe(base.model), weights(base.model)
    manifest = train(recipe(epochs=4), base, folder)
    valid = [epoch.valid for epoch in manifest.losses]
    assert valid[0] == pytest.approx(math.log(262), rel=0.2)
    assert valid[-1] is not None
    assert valid[-1] < valid[0] - 0.5
    assert mx.array_equal(probe(base.model), plain)
    assert all(np.array_equal(before[name], value) for name, value in weights(base.model).items())
    assert not any(module.training for module in base.model.modules())


def test_what_is_written_is_complete_and_holds_no_path(base: TinyBase, folder: Path) -> None:
    base = replace(base, name=str(folder / "some-model"))
    manifest = train(recipe(), base, folder)
    assert names(folder) == {*WRITTEN, ".train.lock", "data"}
    assert load_adapter(folder).manifest == manifest
    config = json.loads((folder / "adapter_config.json").read_text())
    assert (config["fine_tune_type"], config["num_layers"]) == ("lora", 2)
    assert config["lora_parameters"]["keys"][0] == "mlp.down_proj"
    assert config["base_fingerprint"] == base.fingerprint
    assert manifest.base_name == "some-model"
    assert (manifest.train_examples, manifest.valid_examples, manifest.seed) == (9, 2, 0)
    assert manifest.trained_tokens == 2 * sum(6 * (n % 3 + 1) + 2 for n in range(9))
    assert set(manifest.versions) == {"mlx", "mlx-lm", "transformers"}
    for name in ("manifest.json", "adapter_config.json"):
        assert str(folder.parent) not in (folder / name).read_text()
    assert {str(t.dtype) for t in saved(folder).values()} == {"float16"}
    inspect_adapter(base, folder)


def test_the_same_seed_gives_the_same_weights(base: TinyBase, folder: Path, tmp_path: Path) -> None:
    made = []
    for seed in (1, 1, 2):
        train(recipe(seed=seed, lora={"rank": 4, "dropout": 0.2}), base, folder)
        made.append(saved(folder))
        mx.random.normal((seed,))  # what else draws in between must not matter
    assert all(np.array_equal(made[0][name], made[1][name]) for name in made[0])
    assert not all(np.array_equal(made[0][name], made[2][name]) for name in made[0])


def test_the_saved_adapter_answers_as_the_trained_model_did(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = []

    class Probing(Loop):
        def epochs(self) -> Any:
            for epoch in super().epochs():
                trained.append(probe(self.objective.model))
                yield epoch

    monkeypatch.setattr("persona_eval.training.train.Loop", Probing)
    plain = probe(base.model)
    train(recipe(select="last"), base, folder)
    originals = wear(base, folder)
    np.testing.assert_allclose(probe(base.model), trained[-1], atol=5e-3)  # float16 on disk
    assert np.abs(np.array(trained[-1]) - np.array(plain)).max() > 0.1
    take_off(base.model, originals)
    assert mx.array_equal(probe(base.model), plain)


def test_every_example_is_used_in_every_epoch(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    step = Loop._timed_step

    def counting(self: Loop, epoch: int, batch: Any) -> float:
        seen.extend(example.source.line for example in batch.examples)
        return step(self, epoch, batch)

    monkeypatch.setattr(Loop, "_timed_step", counting)
    train(recipe(), base, folder)
    assert sorted(seen) == sorted([*range(1, 10)] * 2)


@pytest.mark.parametrize("make", [tiny_gemma, tiny_llama, lambda: tiny_llama(tied=True)])
def test_other_architectures_and_templates(make: Callable[[], Any], folder: Path) -> None:
    base = TinyBase(make(), tiny_tokenizer(CHATML, stops=["<|im_end|>"]))
    manifest = train(recipe(), base, folder)
    first, *_, last = manifest.losses
    assert last.valid is not None
    assert first.valid is not None
    assert last.valid < first.valid
    assert wear(base, folder)


def test_chosen_layers_keys_and_split(base: TinyBase, folder: Path) -> None:
    lora = {"rank": 2, "keys": ["self_attn.v_proj"], "layers": 1}
    data = {"train": "data/train.jsonl", "valid_share": 0.25}
    manifest = train(recipe(lora=lora, data=data), base, folder)
    assert set(saved(folder)) == {f"model.layers.1.self_attn.v_proj.lora_{x}" for x in "ab"}
    assert (manifest.train_examples, manifest.valid_examples) == (7, 2)


def losing(monkeypatch: pytest.MonkeyPatch, losses: list[float]) -> None:
    """Let the validations say these losses, one after another."""
    said = iter(losses)

    def validate(self: Loop, epoch: int) -> None:
        self.valid_loss = next(said)

    monkeypatch.setattr(Loop, "_validate", validate)


def test_the_epoch_of_lowest_validation_loss_is_kept(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losing(monkeypatch, [3.0, 2.0, 2.5, 2.4])
    assert train(recipe(epochs=3), base, folder).selected_epoch == 1
    best = saved(folder)
    losing(monkeypatch, [3.0, 2.0, 2.5, 2.4])
    assert train(recipe(epochs=3, select="last"), base, folder).selected_epoch == 3
    assert not all(np.array_equal(best[name], value) for name, value in saved(folder).items())


def test_without_validation_the_last_epoch_is_kept(base: TinyBase, folder: Path) -> None:
    manifest = train(recipe(data={"train": "data/train.jsonl"}, select="last"), base, folder)
    assert manifest.selected_epoch == 2
    assert [epoch.valid for epoch in manifest.losses] == [None, None, None]


def test_progress_tells_where_the_training_stands(base: TinyBase, folder: Path) -> None:
    told: list[Progress] = []
    train(recipe(), base, folder, told.append)
    assert (told[0].step, told[0].steps, told[0].epochs) == (0, 6, 2)
    assert told[0].valid_loss is not None
    assert told[0].seconds_left is None
    steps = [progress for progress in told if progress.step and progress.loss]
    assert {progress.step for progress in steps} == set(range(1, 7))
    assert all(progress.tokens_per_second > 0 for progress in steps)
    assert told[-1].seconds_left == pytest.approx(0)


def diverging(monkeypatch: pytest.MonkeyPatch, at_step: int, loss: float = math.nan) -> None:
    update = Loop._update

    def broken(self: Loop, batch: Any, rate: float) -> tuple[float, float]:
        good = update(self, batch, rate)
        return (loss, math.inf) if self.step + 1 == at_step else good

    monkeypatch.setattr(Loop, "_update", broken)


def test_a_loss_that_is_not_finite_stops_with_step_and_lines(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = probe(base.model)
    diverging(monkeypatch, at_step=5)
    with pytest.raises(TrainingError) as caught:
        train(recipe(), base, folder)
    message = str(caught.value)
    assert "the loss is not finite in step 5 (epoch 2), on train.jsonl:" in message
    assert f"The weights of epoch 1 are kept in {folder / UNFINISHED}" in message
    assert names(folder / UNFINISHED) == WRITTEN
    assert not WRITTEN & names(folder)
    assert mx.array_equal(probe(base.model), plain)
    inspect_adapter(base, folder / UNFINISHED)
    wanted = fingerprint(recipe(), folder, base.fingerprint)
    assert is_stale(folder / UNFINISHED, wanted) == "its training broke off after epoch 1"


def test_a_gradient_that_is_not_finite_in_the_first_epoch(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diverging(monkeypatch, at_step=1, loss=2.0)
    with pytest.raises(
        TrainingError, match=r"the gradient is not finite in step 1 .* nothing is kept"
    ):
        train(recipe(), base, folder)


def test_real_divergence_is_caught_and_the_old_adapter_stays(base: TinyBase, folder: Path) -> None:
    old = train(recipe(), base, folder)
    weights_before = saved(folder)
    wild = recipe(clip=None, warmup=0).model_copy(update={"learning_rate": 1e30})
    with pytest.raises(TrainingError, match="not finite in step 2"):
        train(wild, base, folder)
    assert read_manifest(folder) == old
    assert all(np.array_equal(weights_before[n], t) for n, t in saved(folder).items())


def test_a_validation_loss_that_is_not_finite(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "persona_eval.training.loss.Objective.total", lambda self, batch: mx.array(math.nan)
    )
    with pytest.raises(TrainingError, match=r"validation loss is not finite .* valid\.jsonl:1"):
        train(recipe(), base, folder)


def test_an_interruption_leaves_the_old_adapter_and_the_best_epoch(
    base: TinyBase, folder: Path
) -> None:
    old = train(recipe(), base, folder)
    plain = probe(base.model)

    def interrupt(progress: Progress) -> None:
        if progress.step == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(recipe(seed=3), base, folder, interrupt)
    assert read_manifest(folder) == old
    assert names(folder / UNFINISHED) == WRITTEN
    assert mx.array_equal(probe(base.model), plain)
    assert not lora_tensors(base.model)
    train(recipe(seed=3), base, folder)
    assert UNFINISHED not in names(folder)


@pytest.mark.parametrize("fails", ["_write_weights", "_write_json"])
def test_an_interrupted_save_leaves_no_half_file(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    manifest = train(recipe(), base, folder)
    config = inspect_adapter(base, folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, fails, full)
    with pytest.raises(TrainingError, match=r"cannot be saved in .*No space left"):
        checkpoint.save_adapter(folder, {"x": mx.zeros(1)}, config, manifest)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert not [name for name in names(folder) if name.startswith(".saving")]


def test_mlxs_own_write_error_is_a_training_error(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("[save] Unable to open file")

    monkeypatch.setattr(mx, "save_safetensors", refuse)
    with pytest.raises(TrainingError, match=r"cannot be saved in .*Unable to open"):
        train(recipe(), base, folder)


def test_weights_beyond_float16_are_never_saved(base: TinyBase, folder: Path) -> None:
    manifest = train(recipe(), base, folder)
    config = inspect_adapter(base, folder)
    before = saved(folder)
    with pytest.raises(TrainingError, match="weights beyond float16"):
        checkpoint.save_adapter(folder, {"x": mx.array([1e6])}, config, manifest)
    assert all(np.array_equal(before[name], value) for name, value in saved(folder).items())


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
    base: TinyBase, folder: Path, lora: dict[str, Any], message: str
) -> None:
    with pytest.raises(TrainingError, match=message):
        train(recipe(lora=lora), base, folder)


def test_problems_of_both_data_files_come_at_once(base: TinyBase, folder: Path) -> None:
    (folder / "data/train.jsonl").write_text("{")
    (folder / "data/valid.jsonl").unlink()
    with pytest.raises(DataError) as caught:
        read_sources(recipe(), folder)
    assert [problem.path.name for problem in caught.value.problems] == [
        "train.jsonl",
        "valid.jsonl",
    ]


def test_an_unlearnable_stop_token_is_found_before_training(folder: Path) -> None:
    model = tiny_gemma()
    model.model.embed_tokens.weight = mx.ones_like(model.model.embed_tokens.weight)
    with pytest.raises(TrainingError, match="the base model cannot learn to stop"):
        train(recipe(), TinyBase(model, tiny_tokenizer()), folder)


def test_training_happens_only_when_something_changed(
    base: TinyBase, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ensure_trained(recipe(), base, folder)
    assert is_stale(folder, fingerprint(recipe(), folder, base.fingerprint)) is None
    assert ensure_trained(recipe(), base, folder) == first
    assert ensure_trained(recipe(epochs=1), base, folder).losses[-1].epoch == 1
    write_jsonl(folder / "data/valid.jsonl", [chat("New", "Words")])
    reason = is_stale(folder, fingerprint(recipe(epochs=1), folder, base.fingerprint))
    assert reason == "the training data changed since it was trained"


def test_two_trainings_do_not_collide(base: TinyBase, folder: Path) -> None:
    with (
        training_lock(folder, wait=False),
        pytest.raises(TrainingError, match="another training is at work in"),
    ):
        train(recipe(), base, folder)


def test_waiting_for_the_other_training_uses_what_it_made(base: TinyBase, folder: Path) -> None:
    made = train(recipe(), base, folder)
    got: list[Manifest] = []
    with training_lock(folder, wait=False):
        waiting = threading.Thread(
            target=lambda: got.append(ensure_trained(recipe(), base, folder))
        )
        waiting.start()
        waiting.join(0.2)
        assert not got
    waiting.join(30)
    assert got == [made]
