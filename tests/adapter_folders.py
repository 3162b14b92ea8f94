"""Adapter folders that are complete as far as can be told without a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from persona_eval.training.adapter import Manifest, Point
from persona_eval.training.fingerprint import Fingerprint

MADE_FROM = Fingerprint("r", "d", "b")
CONFIG = {"num_layers": 2, "lora_parameters": {"rank": 4, "scale": 2.0, "dropout": 0.0}}


def manifest(**changes: Any) -> Manifest:
    return Manifest.model_validate(
        {
            "recipe_fingerprint": "r",
            "data_fingerprint": "d",
            "base_fingerprint": "b",
            "fingerprint": MADE_FROM.whole,
            "base_name": "tiny",
            "weights_sha256": "",
            "finished": True,
            "selected_step": 20,
            "points": [Point(step=0, epoch=0), Point(step=20, epoch=3, train=1.0)],
            "seed": 0,
            "train_examples": 5,
            "valid_examples": 1,
            "trained_tokens": 100,
            "seconds": 1.5,
            "tokens_per_second": 60.0,
            "versions": {"mlx": "1"},
            **changes,
        }
    )


def write_adapter(folder: Path, **changes: Any) -> Path:
    """Weights, configuration and manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "adapters.safetensors").write_text(f"weights of {folder.name}")
    (folder / "adapter_config.json").write_text(json.dumps(CONFIG))
    (folder / "manifest.json").write_text(manifest(**changes).model_dump_json())
    return folder
