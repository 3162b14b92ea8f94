"""The layers of a BERT encoder, in PyTorch's own encoder layer. To import transformers for
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

    def __init__(
        self, folder: Path, layers: int, longest: int, updates: Mapping[str, Tensor] | None = None
    ):
        """``layers``: how many are read; ``longest``: tokens that are read of a text;
        ``updates``: what is added to the layers' weights, by their names in ``layers``."""
        import torch
        from safetensors.torch import load_file
        from tokenizers import Tokenizer

        self._config = json.loads((folder / "config.json").read_text("utf-8"))
        self._weights = load_file(folder / "model.safetensors")
        self.layers = torch.nn.ModuleList(
            self._layer(f"encoder.layer.{number}") for number in range(layers)
        ).eval()
        for name, update in (updates or {}).items():
            self.layers.get_parameter(name).data += update
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(longest)

    @property
    def width(self) -> int:
        """Numbers in the state of a token."""
        return int(self._config["hidden_size"])

    def tokens(self, texts: Sequence[str], special: bool = True) -> list[list[int]]:
        """Token ids of each text; ``special``: with the marks of its start and its end."""
        encodings = self._tokenizer.encode_batch(list(texts), add_special_tokens=special)
        return [encoding.ids for encoding in encodings]

    def token(self, text: str) -> int:
        """The id of a special token, such as ``[SEP]``. Raises KeyError where there is none."""
        return self._tokenizer.get_vocab()[text]

    def states(
        self, rows: Sequence[Sequence[int]], kinds: Sequence[Sequence[int]] | None = None
    ) -> tuple[list[Tensor], Tensor]:
        """Hidden states after each layer, shape (rows, length, width), and which places are
        tokens and not padding. ``kinds``: for each token 0 or 1, the first or the second text
        of a pair."""
        import torch

        ids = padded(rows)
        padding = torch.arange(ids.shape[1]) >= torch.tensor([[len(row)] for row in rows])
        found = [self._embedded(ids, padded(kinds) if kinds else torch.zeros_like(ids))]
        for layer in self.layers:
            found.append(layer(found[-1], src_key_padding_mask=padding))
        return found[1:], ~padding

    def _embedded(self, ids: Tensor, kinds: Tensor) -> Tensor:
        from torch.nn.functional import layer_norm

        words = self._weights["embeddings.word_embeddings.weight"][ids]
        places = self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kind = self._weights["embeddings.token_type_embeddings.weight"][kinds]
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
        return layer

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


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Shape (rows, longest row); zeros after what is shorter."""
    import torch

    length = max(map(len, rows))
    return torch.tensor([[*row, *[0] * (length - len(row))] for row in rows])


def mean_over(states: Tensor, places: Tensor) -> Tensor:
    """Mean state of the tokens at these places, shape (rows, width); zeros where there are none."""
    mask = places[:, :, None].float()
    return (states * mask).sum(1) / mask.sum(1).clamp(min=1)
