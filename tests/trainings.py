"""What the tests of training share: a small recipe, and what a training left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np

from persona_eval.training.recipe import Recipe

WRITTEN = {"adapters.safetensors", "adapter_config.json", "manifest.json"}


def recipe(**changes: Any) -> Recipe:
    data = {"train": "data/train.jsonl", "valid": "data/valid.jsonl"}
    settings = {"data": data, "epochs": 2, "learning_rate": 5e-3, "lora": {"rank": 4}}
    return Recipe.model_validate({**settings, "batch_size": 4, **changes})


def saved(folder: Path) -> dict[str, Any]:
    """The tensors of the adapter in a folder."""
    tensors: Any = mx.load(str(folder / "adapters.safetensors"))
    return {name: np.array(tensor) for name, tensor in tensors.items()}


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}
