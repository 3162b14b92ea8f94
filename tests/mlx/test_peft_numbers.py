"""An imported adapter answers as it did under torch: W + scale · B·A, computed there by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
import pytest
import torch
from peft_files import DEFAULTS, RANK, SIZES, Tensors, lora, tiny_tensors, write_peft
from support import TINY, TinyBase, tiny_llama, tiny_tokenizer, weights

from persona_eval.errors import AdapterError
from persona_eval.models.adapters import lora_tensors, probe, take_off, wear
from persona_eval.training.adapter import load_adapter
from persona_eval.training.peft import import_peft

ALPHA = DEFAULTS["lora_alpha"]
TOKENS = [[5, 100, 7, 42, 9, 201, 33, 8]]


@pytest.fixture
def base() -> TinyBase:
    return TinyBase(tiny_llama(), tiny_tokenizer())


def torch_logits(parameters: dict[str, np.ndarray], tensors: Tensors, scale: float) -> np.ndarray:
    """Of Hugging Face's Llama with the same weights (length, vocabulary), updates added."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(vocab_size=262, rms_norm_eps=1e-6, tie_word_embeddings=False, **TINY)
    model = LlamaForCausalLM(config).to(torch.float32).eval()
    model.load_state_dict({name: torch.tensor(value) for name, value in parameters.items()})
    own = dict(model.named_parameters())
    with torch.no_grad():
        for name, a in tensors.items():
            if ".lora_A." in name:
                b = tensors[name.replace("lora_A", "lora_B")]
                path = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
                own[f"{path}.weight"] += scale * torch.tensor(b) @ torch.tensor(a)
        return model(torch.tensor(TOKENS)).logits[0].numpy()


def mlx_logits(base: TinyBase) -> np.ndarray:
    return np.array(base.model(mx.array(TOKENS))[0])


CASES: dict[str, tuple[Tensors, dict[str, Any], float]] = {
    "plain": (tiny_tensors(), {}, ALPHA / RANK),
    "rank-stabilised": (tiny_tensors(), {"use_rslora": True}, ALPHA / math.sqrt(RANK)),
    "one block": (
        lora("model.layers.1.self_attn.q_proj", *SIZES["self_attn.q_proj"]),
        {"layers_to_transform": [1]},
        ALPHA / RANK,
    ),
    "with the head": (tiny_tensors() | lora("lm_head", 32, 262), {}, ALPHA / RANK),
}


@pytest.mark.parametrize("case", CASES)
def test_logits_are_those_of_torch(case: str, base: TinyBase, tmp_path: Path) -> None:
    tensors, config, scale = CASES[case]
    plain = mlx_logits(base)
    source = write_peft(tmp_path / "peft", tensors, **config)
    import_peft(source, tmp_path / "adapters", "tully")
    wear(base, tmp_path / "adapters" / "tully")
    expected = torch_logits(weights(tiny_llama()), tensors, scale)
    assert np.abs(expected - plain).max() > 0.1
    np.testing.assert_allclose(mlx_logits(base), expected, atol=1e-4)


def test_without_an_update_both_engines_agree_already(base: TinyBase) -> None:
    np.testing.assert_allclose(
        mlx_logits(base), torch_logits(weights(base.model), {}, 1), atol=1e-4
    )


def test_the_layers_of_the_adapter_are_adapted_and_no_others(
    base: TinyBase, tmp_path: Path
) -> None:
    tensors = tiny_tensors() | lora("lm_head", 32, 262)
    import_peft(write_peft(tmp_path / "peft", tensors), tmp_path, "tully")
    wear(base, tmp_path / "tully")
    expected = {name.removeprefix("base_model.model.").split(".lora_")[0] for name in tensors}
    assert {name.rsplit(".", 1)[0] for name in lora_tensors(base.model)} == expected
    assert load_adapter(tmp_path / "tully").config.keys == (
        "lm_head",
        "mlp.down_proj",
        "self_attn.q_proj",
    )


def test_mlx_lm_itself_loads_what_was_written(base: TinyBase, tmp_path: Path) -> None:
    from mlx_lm.tuner.utils import load_adapters

    import_peft(write_peft(tmp_path / "peft"), tmp_path, "tully")
    twin = load_adapters(tiny_llama(), str(tmp_path / "tully")).eval()
    wear(base, tmp_path / "tully")
    np.testing.assert_allclose(probe(base.model), probe(twin), atol=1e-5)


@pytest.mark.parametrize("dtype", [mx.float32, mx.float16, mx.bfloat16])
def test_numbers_keep_their_kind_and_are_not_rounded(dtype: mx.Dtype, tmp_path: Path) -> None:
    source = write_peft(tmp_path / "peft")
    stored = {name: mx.array(value).astype(dtype) for name, value in tiny_tensors().items()}
    mx.save_safetensors(str(source / "adapter_model.safetensors"), stored)
    import_peft(source, tmp_path, "tully")
    written: Any = mx.load(str(tmp_path / "tully" / "adapters.safetensors"))
    assert len(written) == len(stored)
    for name, value in stored.items():
        path, side = name.removeprefix("base_model.model.").split(".lora_")
        found = written[f"{path}.lora_{side[0].lower()}"]
        assert found.dtype == dtype
        assert mx.array_equal(found, value.T)


def test_an_adapter_tried_on_a_base_belongs_to_it(base: TinyBase, tmp_path: Path) -> None:
    before = weights(base.model)
    import_peft(write_peft(tmp_path / "peft"), tmp_path, "tully", lambda: base)
    config = load_adapter(tmp_path / "tully").config
    assert (config.base_fingerprint, config.base_name) == (base.fingerprint, base.name)
    assert not lora_tensors(base.model)
    assert all(np.array_equal(before[name], now) for name, now in weights(base.model).items())
    take_off(base.model, wear(base, tmp_path / "tully"))
    with pytest.raises(AdapterError, match="was trained on tiny"):
        wear(TinyBase(base.model, base.tokenizer, "other", "0" * 64), tmp_path / "tully")


WIDER = {name: np.hstack([t, t]) for name, t in tiny_tensors().items() if "lora_A" in name}
NOT_OF_THIS_BASE = {
    "more layers": (tiny_tensors(3), r"peft does not fit the model. Tensors not in the model: model\.layers\.2"),
    "fewer layers": (tiny_tensors(1), r"missing, though their like.*: model\.layers\.1\.mlp.*\n  Mend: name the base"),
    "other widths": (tiny_tensors() | WIDER, r"of another shape: \S+lora_a is \(128, 4\), the model needs \(64, 4\)"),
    "other names": (lora("model.layers.0.attn.wqkv", 32, 32), "names no layer of the model: attn.wqkv"),
    "a gap": (dict(list(tiny_tensors().items())[:6]), r"missing, though their like.*: model\.layers\.1\.mlp\.down_proj\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOT_OF_THIS_BASE)
def test_what_does_not_fit_the_base_leaves_nothing(
    case: str, base: TinyBase, tmp_path: Path
) -> None:
    tensors, message = NOT_OF_THIS_BASE[case]
    source = write_peft(tmp_path / "peft", tensors)
    with pytest.raises(AdapterError, match=message) as caught:
        import_peft(source, tmp_path / "adapters", "tully", lambda: base)
    assert ".importing" not in str(caught.value)
    assert list((tmp_path / "adapters").iterdir()) == []
    assert not lora_tensors(base.model)


def test_blocks_may_differ_where_those_of_the_base_do(base: TinyBase, tmp_path: Path) -> None:
    """As in models of which only some blocks have attention."""
    base.model.layers[0].self_attn.q_proj = nn.Identity()
    tensors = tiny_tensors()
    for side in "AB":
        del tensors[f"base_model.model.model.layers.0.self_attn.q_proj.lora_{side}.weight"]
    source = write_peft(tmp_path / "peft", tensors)
    with pytest.raises(AdapterError, match="give --base if its layers differ"):
        import_peft(source, tmp_path, "tully")
    import_peft(source, tmp_path, "tully", lambda: base)
    written = json.loads((tmp_path / "tully" / "adapter_config.json").read_text())
    assert written["num_layers"] == -1
    assert written["lora_parameters"]["keys"] == [
        "model.layers.0.mlp.down_proj",
        "model.layers.1.mlp.down_proj",
        "model.layers.1.self_attn.q_proj",
    ]
    assert not lora_tensors(base.model)
