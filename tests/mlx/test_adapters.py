from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
from mlx.utils import tree_flatten
from support import TinyBase, tiny_gemma, tiny_tokenizer, weights

from persona_eval.errors import AdapterError
from persona_eval.models.adapter_files import AdapterConfig, adapter_digest
from persona_eval.models.adapters import (
    add_lora,
    inspect_adapter,
    linear_keys,
    lora_tensors,
    probe,
    take_off,
    wear,
)
from persona_eval.training.checkpoint import config_json

KEYS = ("self_attn.q_proj", "mlp.down_proj")


def make_adapter(base: TinyBase, folder: Path, seed: int = 1, kind: str = "lora") -> Path:
    """An adapter of random weights that fits the base."""
    config = AdapterConfig(kind, 2, 4, 2.0, 0.0, KEYS, base.fingerprint, base.name)
    originals = add_lora(base.model, config)
    mx.random.seed(seed)
    tensors = {
        name: (mx.random.normal(value.shape) * 0.3).astype(mx.float16)
        for name, value in lora_tensors(base.model).items()
    }
    take_off(base.model, originals)
    folder.mkdir(parents=True)
    mx.save_safetensors(str(folder / "adapters.safetensors"), tensors)
    (folder / "adapter_config.json").write_text(json.dumps(config_json(config)))
    return folder


@pytest.fixture
def folder(base: TinyBase, tmp_path: Path) -> Path:
    return make_adapter(base, tmp_path / "tully")


def test_an_adapter_changes_the_answers_and_leaves_no_trace(base: TinyBase, folder: Path) -> None:
    plain, before = probe(base.model), weights(base.model)
    originals = wear(base, folder)
    worn = probe(base.model)
    assert not mx.array_equal(plain, worn)
    take_off(base.model, originals)
    assert mx.array_equal(probe(base.model), plain)
    after = weights(base.model)
    assert set(before) == set(after)
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_adapters_swap_bit_for_bit(base: TinyBase, folder: Path, tmp_path: Path) -> None:
    other = make_adapter(base, tmp_path / "other", seed=2)
    answers = []
    for adapter in (folder, other, folder, other):
        originals = wear(base, adapter)
        answers.append(probe(base.model))
        take_off(base.model, originals)
    assert mx.array_equal(answers[0], answers[2])
    assert mx.array_equal(answers[1], answers[3])
    assert not mx.array_equal(answers[0], answers[1])


def test_a_worn_adapter_equals_mlx_lms_own_loading(base: TinyBase, folder: Path) -> None:
    from mlx_lm.tuner.utils import load_adapters

    twin = tiny_gemma()
    load_adapters(twin, str(folder)).eval()
    wear(base, folder)
    np.testing.assert_allclose(probe(base.model), probe(twin), atol=1e-5)


def test_worn_models_are_frozen_and_without_dropout(base: TinyBase, folder: Path) -> None:
    edit(folder, lambda config: config["lora_parameters"].update(dropout=0.5))
    wear(base, folder)
    assert not tree_flatten(base.model.trainable_parameters())
    assert not any(module.training for module in base.model.modules())
    assert mx.array_equal(probe(base.model), probe(base.model))


def test_dora_is_put_on_and_taken_off_too(base: TinyBase, tmp_path: Path) -> None:
    folder = make_adapter(base, tmp_path / "dora", kind="dora")
    plain = probe(base.model)
    originals = wear(base, folder)
    assert any(name.endswith(".m") for name in lora_tensors(base.model))
    take_off(base.model, originals)
    assert mx.array_equal(probe(base.model), plain)


def test_quantised_bases_wear_adapters(tmp_path: Path) -> None:
    model = tiny_gemma()
    nn.quantize(model, group_size=32, bits=8)
    base = TinyBase(model, tiny_tokenizer())
    folder = make_adapter(base, tmp_path / "q")
    plain = probe(model)
    originals = wear(base, folder)
    assert not mx.array_equal(probe(model), plain)
    take_off(model, originals)
    assert mx.array_equal(probe(model), plain)


def test_inspecting_leaves_the_model_plain(base: TinyBase, folder: Path) -> None:
    assert inspect_adapter(base, folder).keys == KEYS
    assert not lora_tensors(base.model)


def test_the_digest_follows_weights_and_configuration(base: TinyBase, folder: Path) -> None:
    first = adapter_digest(folder)
    assert adapter_digest(folder) == first
    edit(folder, lambda config: config["lora_parameters"].update(scale=1.0))
    second = adapter_digest(folder)
    retensor(folder, lambda tensors: tensors)
    assert second != first


def test_linear_layers_are_found_as_a_block_names_them(base: TinyBase) -> None:
    projections = ("down_proj", "gate_proj", "up_proj")
    attention = ("k_proj", "o_proj", "q_proj", "v_proj")
    expected = [f"mlp.{p}" for p in projections] + [f"self_attn.{p}" for p in attention]
    assert list(linear_keys(base.model)) == expected


def edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    change(config)
    path.write_text(json.dumps(config))


def retensor(folder: Path, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    path = folder / "adapters.safetensors"
    tensors: Any = mx.load(str(path))
    mx.eval(tensors)
    path.unlink()
    mx.save_safetensors(str(path), change(tensors))


def cut(folder: Path) -> None:
    path = folder / "adapters.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def without_one(tensors: dict[str, Any]) -> dict[str, Any]:
    return dict(list(tensors.items())[1:])


def poisoned(tensors: dict[str, Any]) -> dict[str, Any]:
    name = next(iter(tensors))
    return {**tensors, name: tensors[name] * float("nan")}


def untrained(tensors: dict[str, Any]) -> dict[str, Any]:
    return {n: t * 0 if n.endswith("lora_b") else t for n, t in tensors.items()}


def wider(tensors: dict[str, Any]) -> dict[str, Any]:
    name = next(iter(tensors))
    return {**tensors, name: mx.zeros((3, 3))}


def huge(tensors: dict[str, Any]) -> dict[str, Any]:
    return {n: t.astype(mx.float32) * 1e30 for n, t in tensors.items()}


def hushed(tensors: dict[str, Any]) -> dict[str, Any]:
    """Not all zero, yet too small to change a float32."""
    return {n: t.astype(mx.float32) * 1e-30 for n, t in tensors.items()}


def config_text(text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / "adapter_config.json").write_text(text)


GUARDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no configuration": (lambda f: (f / "adapter_config.json").unlink(), r"adapter_config\.json is missing"),
    "no weights": (lambda f: (f / "adapters.safetensors").unlink(), r"adapters\.safetensors is missing"),
    "PEFT weights": (lambda f: (f / "adapter_model.safetensors").touch(), r"holds an adapter of PEFT.*import-peft"),
    "PEFT configuration": (lambda f: edit(f, lambda c: c.update(peft_type="LORA")), "is a configuration of PEFT.*import-peft"),
    "no JSON": (config_text("{"), "is not readable JSON"),
    "no object": (config_text("[]"), "must hold one JSON object"),
    "nothing in it": (config_text("{}"), "`num_layers` must be a whole number.*; `lora_parameters` must be an object"),
    "no scale but alpha": (
        lambda f: edit(f, lambda c: c.update(lora_parameters={"rank": 0, "alpha": 8})),
        r"`rank` must be 1 or more; `scale` must be a number \(alpha is another scale.*; `dropout` must",
    ),
    "keys no list": (lambda f: edit(f, lambda c: c["lora_parameters"].update(keys="q_proj")), "`keys` must be a list"),
    "a whole model": (lambda f: edit(f, lambda c: c.update(fine_tune_type="full")), "is a whole model and no adapter"),
    "another kind": (lambda f: edit(f, lambda c: c.update(fine_tune_type="ia3")), "'ia3'; allowed: lora, dora"),
    "another base": (
        lambda f: edit(f, lambda c: c.update(base_fingerprint="0" * 64, base_name="other")),
        r"was trained on other \(000000000000\), not on tiny \(ffffffffffff\)",
    ),
    "too many layers": (lambda f: edit(f, lambda c: c.update(num_layers=16)), "num_layers is 16, but the model has 2 layers"),
    "keys of PEFT": (
        lambda f: edit(f, lambda c: c["lora_parameters"].update(keys=["q_proj"])),
        r"names no layer of the model: q_proj \(did you mean self_attn\.q_proj\?\)",
    ),
    "cut short": (cut, r"adapters\.safetensors is damaged or cut short"),
    "no safetensors": (lambda f: (f / "adapters.safetensors").write_bytes(b"x"), "is damaged or cut short"),
    "a tensor missing": (lambda f: retensor(f, without_one), r"Tensors missing: model\.layers\.\d\.\S+\.lora_[ab]\. "),
    "fewer layers than tensors": (lambda f: edit(f, lambda c: c.update(num_layers=1)), r"Tensors not in the model: model\.layers\.0\."),
    "a tensor of another shape": (lambda f: retensor(f, wider), r"of another shape: \S+ is \(3, 3\), the model needs"),
    "another rank": (lambda f: edit(f, lambda c: c["lora_parameters"].update(rank=8)), r"and 5 more"),
    "not finite": (lambda f: retensor(f, poisoned), r"not finite \(nan or infinity\): model\."),
    "never trained": (lambda f: retensor(f, untrained), "was never trained: every lora_b is zero"),
    "overflow": (lambda f: retensor(f, huge), "answers overflow"),
    "no effect": (lambda f: retensor(f, hushed), "changes nothing"),
}  # fmt: skip


@pytest.mark.parametrize("guard", GUARDS)
def test_guards(guard: str, base: TinyBase, folder: Path) -> None:
    plain = probe(base.model)
    damage, message = GUARDS[guard]
    damage(folder)
    with pytest.raises(AdapterError, match=message):
        wear(base, folder)
    assert not lora_tensors(base.model)
    assert mx.array_equal(probe(base.model), plain)


def test_a_missing_folder(base: TinyBase, tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="no such adapter folder"):
        wear(base, tmp_path / "none")


def test_two_adapters_at_once_are_refused(base: TinyBase, folder: Path) -> None:
    wear(base, folder)
    with pytest.raises(AdapterError, match="wears an adapter already"):
        wear(base, folder)


def test_an_adapter_without_a_recorded_base_is_accepted(base: TinyBase, folder: Path) -> None:
    edit(folder, lambda config: config.pop("base_fingerprint"))
    edit(folder, lambda config: config.update(num_layers=-1))
    assert wear(base, folder)


def test_a_conversion_that_breaks_off_is_undone(
    base: TinyBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlx_lm.tuner import utils

    def half(model: Any, *_: Any, **__: Any) -> None:
        attention = model.layers[0].self_attn
        attention.q_proj = utils.LoRALinear.from_base(attention.q_proj)
        raise RuntimeError("broke off")

    plain = probe(base.model)
    monkeypatch.setattr(utils, "linear_to_lora_layers", half)
    with pytest.raises(RuntimeError, match="broke off"):
        add_lora(base.model, AdapterConfig("lora", 2, 4, 2.0, 0.0, KEYS, None, None))
    assert not lora_tensors(base.model)
    assert mx.array_equal(probe(base.model), plain)
