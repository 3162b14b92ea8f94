"""What is wrong with the files and tensors of a PEFT adapter."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from peft_files import Tensors, lora, tiny_tensors, write_peft

from persona_eval.errors import AdapterError
from persona_eval.training.peft import import_peft

WEIGHTS = "adapter_model.safetensors"
PREFIX = "base_model.model.model.layers.0.self_attn.q_proj"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "adapters"


def with_tensor(name: str, *shape: int) -> Tensors:
    return tiny_tensors() | {name: np.ones(shape, dtype=np.float32)}


def without(name: str) -> Tensors:
    return {key: value for key, value in tiny_tensors().items() if key != name}


def changed(part: str, change: Callable[[np.ndarray], np.ndarray]) -> Tensors:
    return {k: change(v) if part in k else v for k, v in tiny_tensors().items()}


def poisoned(tensor: np.ndarray) -> np.ndarray:
    return np.where(np.arange(tensor.size).reshape(tensor.shape) == 3, np.nan, tensor)


DAMAGED: dict[str, tuple[Tensors, str]] = {
    "nothing": ({}, "holds no lora_A and lora_B"),
    "A alone": (without(f"{PREFIX}.lora_B.weight"), r"without lora_B, .*: model\.\S+q_proj \(only lora_A\)"),
    "B alone": (without(f"{PREFIX}.lora_A.weight"), r"\(only lora_B\)"),
    "a pair missing": (tiny_tensors() | lora("model.layers.1.mlp.up_proj", 32, 64), r"missing, .*: model\.layers\.0\.mlp\.up_proj\n  Mend: give --base if"),
    "a middle block missing": (tiny_tensors(1) | lora("model.layers.2.mlp.down_proj", 64, 32), r"missing, .*model\.layers\.1\.mlp\.down_proj"),
    "another rank": (changed("", lambda t: t) | lora(PREFIX[17:], 32, 32, rank=8), r"lora_A is \(8, 32\), and must be \(4, inputs\), .*lora_B is \(32, 8\), and must be \(outputs, 4\)"),
    "transposed": (changed("q_proj.lora_A", lambda t: t.T.copy()), r"lora_A is \(32, 4\), and must be \(4, inputs\)"),
    "of a convolution": (changed("q_proj.lora_A", lambda t: t[..., None].copy()), r"lora_A is \(4, 32, 1\), and"),
    "empty": (changed("q_proj.lora_A", lambda t: t[:, :0].copy()), r"lora_A is \(4, 0\), and"),
    "not finite": (changed("q_proj.lora_A", poisoned), r"not finite \(nan or infinity\): model\.layers\.0\.self_attn\.q_proj\.lora_a, model\.layers\.1"),
    "never trained": (changed("lora_B", np.zeros_like), "was never trained: every lora_B is zero"),
    "double": (changed("", lambda t: t.astype(np.float64)), r"not one of F32, F16, BF16: \S+lora_A is F64.* and 5 more\n  Mend: save it as float32"),
    "embeddings": (with_tensor("base_model.model.model.embed_tokens.lora_embedding_A", 4, 262), "LoRA on embeddings: base_model"),
    "magnitudes": (with_tensor(f"{PREFIX}.lora_magnitude_vector", 32), "magnitudes of DoRA: "),
    "biases of updates": (with_tensor(f"{PREFIX}.lora_B.bias", 32), "biases of updates: "),
    "names in memory": (with_tensor(f"{PREFIX}.lora_A.default.weight", 4, 32), "names that `save_pretrained` does not give"),
    "new tokens": (with_tensor("base_model.model.model.embed_tokens.weight", 262, 32), "trained besides LoRA .*embed_tokens"),
}  # fmt: skip


@pytest.mark.parametrize("case", DAMAGED)
def test_refused_tensors(case: str, tmp_path: Path, root: Path) -> None:
    tensors, message = DAMAGED[case]
    source = write_peft(tmp_path / "peft", tensors)
    with pytest.raises(AdapterError, match=rf"\n- adapter_model\.safetensors: .*{message}"):
        import_peft(source, root, "tully")
    assert not root.exists()


def cut(source: Path) -> None:
    (source / WEIGHTS).write_bytes((source / WEIGHTS).read_bytes()[:-10])


def only_a_pickle(source: Path) -> None:
    (source / WEIGHTS).rename(source / "adapter_model.bin")


def of_mlx_lm(source: Path) -> None:
    (source / WEIGHTS).rename(source / "adapters.safetensors")


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no weights": (lambda s: (s / WEIGHTS).unlink(), r"adapter_model\.safetensors: is missing"),
    "a pickle": (only_a_pickle, r"adapter_model\.bin: is a pickle.*\n  Mend: .*safe_serialization=True"),
    "an adapter of mlx-lm": (of_mlx_lm, r"adapters\.safetensors: belongs to an mlx-lm adapter, which needs no import"),
    "cut short": (cut, r"adapter_model\.safetensors: is damaged, cut short or unreadable"),
    "no safetensors": (lambda s: (s / WEIGHTS).write_bytes(b"x"), "is damaged, cut short or unreadable"),
    "no configuration": (lambda s: (s / "adapter_config.json").unlink(), r"adapter_config\.json: cannot be read as JSON: No such file"),
    "no JSON": (lambda s: (s / "adapter_config.json").write_text("{"), "cannot be read as JSON: Expecting"),
    "no text": (lambda s: (s / "adapter_config.json").write_bytes(b"\xff"), "cannot be read as JSON: 'utf-8'"),
    "no object": (lambda s: (s / "adapter_config.json").write_text("[]"), "must hold one JSON object"),
}  # fmt: skip


@pytest.mark.parametrize("case", FILES)
def test_refused_files(case: str, tmp_path: Path, root: Path) -> None:
    damage, message = FILES[case]
    damage(source := write_peft(tmp_path / "peft"))
    with pytest.raises(AdapterError, match=message):
        import_peft(source, root, "tully")
    assert not root.exists()


def test_weights_that_mlx_cannot_read(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlx.core as mx

    def refuse(*_: Any) -> None:
        raise RuntimeError("[load_safetensors] something new")

    monkeypatch.setattr(mx, "load", refuse)
    with pytest.raises(AdapterError, match=r"cannot be read by MLX: .*something new"):
        import_peft(write_peft(tmp_path / "peft"), root, "tully")


def test_towers_of_different_heights(tmp_path: Path, root: Path) -> None:
    tensors = tiny_tensors() | lora("vision.layers.0.self_attn.q_proj", 32, 32)
    import_peft(write_peft(tmp_path / "peft", tensors), root, "tully")
    config = json.loads((root / "tully" / "adapter_config.json").read_text())
    assert len(config["lora_parameters"]["keys"]) == 5


def test_a_folder_that_does_not_exist(tmp_path: Path, root: Path) -> None:
    with pytest.raises(AdapterError, match=r"nowhere cannot be imported:\n- DIR: is no folder"):
        import_peft(tmp_path / "nowhere", root, "tully")
