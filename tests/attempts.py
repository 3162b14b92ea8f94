"""What the tests of `persona-eval try` share: tiny bases by name, and what the command answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from support import CHATML, tiny_gemma, tiny_llama
from tiny_batches import loaded

from persona_eval.models.mlx import LoadedBase, MLXModel

Try = Callable[..., int]
RECIPE = """
base: gemma
data: {train: data/train.jsonl, valid: data/valid.jsonl}
lora: {rank: 4}
learning_rate: 5e-3
epochs: 1
batch_size: 4
"""


def unable_to_stop() -> Any:
    """A model in which many tokens have almost the embedding of <eos>."""
    model = tiny_gemma()
    table = model.model.embed_tokens.weight
    table[100:160] = table[1] * 2 + mx.random.normal((60, table.shape[1])) * 1e-3
    model.model.embed_tokens.weight = table
    return model


MAKE: dict[str, Callable[[Path], LoadedBase]] = {
    "gemma": loaded,
    "llama": lambda folder: loaded(folder, tiny_llama(), ["<|im_end|>"], CHATML),
    "endless": lambda folder: loaded(folder, unable_to_stop()),
}


class Built(MLXModel):
    """A model that is built in code, by its name."""

    loads: list[str] = []  # noqa: RUF012

    @cached_property
    def base(self) -> LoadedBase:
        self.loads.append(self.name)
        made = MAKE[self.name](self.files.path)
        return replace(made, name=self.name, fingerprint=self.fingerprint)


def answered(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found
