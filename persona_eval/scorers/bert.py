"""The lower layers of a BERT encoder, in PyTorch's own encoder layer. To import transformers for
them takes 4 s of CPU time, longer than to read 500 replies."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Tensor = Any
NAMES = {
    "self_attn.out_proj": "attention.output.dense",
    "norm1": "attention.output.LayerNorm",
    "linear1": "intermediate.dense",
    "linear2": "output.dense",
    "norm2": "output.LayerNorm",
}
"""What PyTorch's layer calls its parts, and what BERT does."""


class Encoder:
    """Token ids and hidden states of the model in a folder, up to one of its layers."""

    def __init__(self, folder: Path, layers: int, longest: int):
        """``layers``: how many are read; ``longest``: tokens that are read of a text."""
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        self._config = json.loads((folder / "config.json").read_text("utf-8"))
        self._weights = load_file(folder / "model.safetensors")
        self._layers = [self._layer(f"encoder.layer.{number}") for number in range(layers)]
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(longest)

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, special ones included."""
        return [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]

    def states(self, rows: Sequence[Sequence[int]]) -> tuple[list[Tensor], Tensor]:
        """Hidden states after each layer, shape (rows, length, width), and which places are
        tokens and not padding."""
        import torch

        length = max(map(len, rows))
        ids = torch.tensor([[*row, *[0] * (length - len(row))] for row in rows])
        padding = torch.tensor([[False] * len(row) + [True] * (length - len(row)) for row in rows])
        with torch.inference_mode():
            found = [self._embedded(ids)]
            for layer in self._layers:
                found.append(layer(found[-1], src_key_padding_mask=padding))
        return found[1:], ~padding

    def _embedded(self, ids: Tensor) -> Tensor:
        from torch.nn.functional import layer_norm

        words = self._weights["embeddings.word_embeddings.weight"][ids]
        places = self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kind = self._weights["embeddings.token_type_embeddings.weight"][0]
        weight, bias = (
            self._weights[f"embeddings.LayerNorm.{part}"] for part in ("weight", "bias")
        )
        return layer_norm(
            words + places + kind, weight.shape, weight, bias, self._config["layer_norm_eps"]
        )

    def _layer(self, name: str) -> Any:
        from torch.nn import TransformerEncoderLayer

        config = self._config
        layer = TransformerEncoderLayer(
            config["hidden_size"],
            config["num_attention_heads"],
            config["intermediate_size"],
            dropout=0.0,
            activation=config["hidden_act"],
            layer_norm_eps=config["layer_norm_eps"],
            batch_first=True,
        )
        layer.load_state_dict(self._weights_of(name))
        return layer.eval()

    def _weights_of(self, name: str) -> Mapping[str, Tensor]:
        import torch

        found = {}
        for part in ("weight", "bias"):
            attention = [
                f"{name}.attention.self.{each}.{part}" for each in ("query", "key", "value")
            ]
            found[f"self_attn.in_proj_{part}"] = torch.cat([self._weights[n] for n in attention])
            for theirs, berts in NAMES.items():
                found[f"{theirs}.{part}"] = self._weights[f"{name}.{berts}.{part}"]
        return found
