"""Adapters on disk: whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from persona_eval.errors import TrainingError
from persona_eval.fingerprint import digest_file
from persona_eval.models.adapter_files import (
    CONFIG_FILE,
    FINGERPRINT_KEY,
    NAME_KEY,
    WEIGHTS_FILE,
    AdapterConfig,
)
from persona_eval.training.adapter import MANIFEST_FILE, Manifest


def save_adapter(
    folder: Path, tensors: Mapping[str, Any], config: AdapterConfig, manifest: Manifest
) -> Manifest:
    """Write an adapter, weights as float16, and return its manifest with their digest.

    All files are written beside and then renamed in a row, so that whatever fails leaves the
    folder as it was; the digest betrays an interruption between the renames. Raises
    TrainingError when the disk refuses, or a weight does not fit into float16.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".saving-") as beside:
            manifest = _write(Path(beside), tensors, config, manifest)
            for name in (WEIGHTS_FILE, CONFIG_FILE, MANIFEST_FILE):
                os.replace(Path(beside) / name, folder / name)
    except OSError as error:
        raise TrainingError(f"the adapter cannot be saved in {folder}: {error}") from error
    return manifest


def config_json(config: AdapterConfig) -> dict[str, Any]:
    """``adapter_config.json`` as mlx-lm reads it, with the base's fingerprint besides."""
    return {
        "fine_tune_type": config.fine_tune_type,
        "num_layers": config.num_layers,
        "lora_parameters": config.lora_parameters,
        FINGERPRINT_KEY: config.base_fingerprint,
        NAME_KEY: config.base_name,
    }


def _write(
    beside: Path, tensors: Mapping[str, Any], config: AdapterConfig, manifest: Manifest
) -> Manifest:
    _write_weights(beside / WEIGHTS_FILE, tensors)
    manifest = manifest.model_copy(update={"weights_sha256": digest_file(beside / WEIGHTS_FILE)})
    _write_json(beside / CONFIG_FILE, config_json(config))
    _write_json(beside / MANIFEST_FILE, manifest.model_dump(mode="json"))
    return manifest


def _write_weights(path: Path, tensors: Mapping[str, Any]) -> None:
    import mlx.core as mx

    small = {name: tensor.astype(mx.float16) for name, tensor in tensors.items()}
    if not all(mx.isfinite(tensor).all().item() for tensor in small.values()):
        raise TrainingError("training diverged: weights beyond float16. Lower learning_rate")
    try:
        mx.save_safetensors(str(path), small, metadata={"format": "mlx"})
    except RuntimeError as error:  # MLX's own way to say that the disk refuses
        raise OSError(str(error)) from error
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _write_json(path: Path, value: dict[str, Any]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())
