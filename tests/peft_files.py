"""PEFT LoRA adapters as files, written without PEFT."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

RANK = 4
DEFAULTS: dict[str, Any] = {
    "alpha_pattern": {},
    "arrow_config": None,
    "auto_mapping": None,
    "base_model_name_or_path": "someone/tiny-llama",
    "bias": "none",
    "corda_config": None,
    "ensure_weight_tying": False,
    "eva_config": None,
    "exclude_modules": None,
    "fan_in_fan_out": False,
    "inference_mode": True,
    "init_lora_weights": True,
    "layer_replication": None,
    "layers_pattern": None,
    "layers_to_transform": None,
    "loftq_config": {},
    "lora_alpha": 8,
    "lora_bias": False,
    "lora_dropout": 0.05,
    "megatron_config": None,
    "megatron_core": "megatron.core",
    "modules_to_save": None,
    "peft_type": "LORA",
    "peft_version": "0.18.0",
    "qalora_group_size": 16,
    "r": RANK,
    "rank_pattern": {},
    "revision": None,
    "target_modules": ["q_proj", "down_proj"],
    "target_parameters": None,
    "task_type": "CAUSAL_LM",
    "trainable_token_indices": None,
    "use_dora": False,
    "use_qalora": False,
    "use_rslora": False,
}
"""What ``save_pretrained`` of PEFT 0.18 writes for a plain adapter."""

SIZES = {"self_attn.q_proj": (32, 32), "mlp.down_proj": (64, 32)}
"""Inputs and outputs of the adapted layers of ``support.tiny_llama``."""

Tensors = dict[str, np.ndarray]


def lora(path: str, inputs: int, outputs: int, seed: int = 0, rank: int = RANK) -> Tensors:
    """A random pair of A (rank, inputs) and B (outputs, rank) for a layer."""
    draw = np.random.default_rng(seed)
    name = f"base_model.model.{path}"
    return {
        f"{name}.lora_A.weight": draw.normal(0, 0.3, (rank, inputs)).astype(np.float32),
        f"{name}.lora_B.weight": draw.normal(0, 0.3, (outputs, rank)).astype(np.float32),
    }


def tiny_tensors(blocks: int = 2) -> Tensors:
    """For the layers of ``SIZES`` in each block."""
    return {
        name: tensor
        for block in range(blocks)
        for seed, (kind, (inputs, outputs)) in enumerate(SIZES.items())
        for name, tensor in lora(
            f"model.layers.{block}.{kind}", inputs, outputs, 10 * block + seed
        ).items()
    }


def write_peft(
    folder: Path, tensors: Mapping[str, np.ndarray] | None = None, **changes: Any
) -> Path:
    """A PEFT adapter's folder; ``changes`` are those of its configuration."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file(
        dict(tiny_tensors() if tensors is None else tensors), folder / "adapter_model.safetensors"
    )
    (folder / "adapter_config.json").write_text(json.dumps({**DEFAULTS, **changes}))
    return folder
