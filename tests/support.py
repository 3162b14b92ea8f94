"""Tiny language models and tokenizers, built in code in milliseconds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}Reply:{{ ' ' + message['content'] }}{{ eos_token }}\n"
    "{% elif message['role'] == 'user' %}User: {{ message['content'] }}\n"
    "{% else %}{{ message['content'] }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}Reply:{% endif %}"
)
"""Plain text: prefix-stable, ends replies with <eos>."""

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

SPECIAL = ("<pad>", "<eos>", "<bos>", "<unk>", "<|im_start|>", "<|im_end|>")
TINY = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "intermediate_size": 64,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
}


@dataclass(frozen=True)
class TinyBase:
    """What a loaded base looks like to training and adapters."""

    model: Any
    tokenizer: Any
    name: str = "tiny"
    fingerprint: str = "f" * 64


def tiny_tokenizer(template: str = TEMPLATE, stops: Iterable[str] = ("<eos>",)) -> Any:
    """An mlx-lm ``TokenizerWrapper`` over bytes: 6 special tokens and 256 others."""
    from mlx_lm.tokenizer_utils import TokenizerWrapper
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: index for index, token in enumerate((*SPECIAL, *letters))}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(SPECIAL))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<bos>",
        eos_token="<eos>",
        pad_token="<pad>",
        unk_token="<unk>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
    )
    fast.chat_template = template
    return TokenizerWrapper(fast, eos_token_ids=[vocabulary[stop] for stop in stops])


def tiny_gemma(vocab_size: int = 262, seed: int = 0, **changes: Any) -> Any:
    """A ``gemma3_text`` model of two layers, tied embeddings, float32, in evaluation mode."""
    from mlx_lm.models import gemma3_text

    config = {**TINY, "query_pre_attn_scalar": 16, "sliding_window": 32, **changes}
    config["sliding_window_pattern"] = 2
    return _ready(
        gemma3_text, {"model_type": "gemma3_text", "vocab_size": vocab_size, **config}, seed
    )


def tiny_llama(vocab_size: int = 262, seed: int = 0, tied: bool = False, **changes: Any) -> Any:
    """A ``llama`` model of two layers with a head of its own (or tied), float32."""
    from mlx_lm.models import llama

    config = {**TINY, "rms_norm_eps": 1e-6, "tie_word_embeddings": tied, **changes}
    return _ready(llama, {"model_type": "llama", "vocab_size": vocab_size, **config}, seed)


def _ready(module: Any, config: dict[str, Any], seed: int) -> Any:
    import mlx.core as mx
    from mlx.utils import tree_map_with_path

    mx.random.seed(seed)
    model = module.Model(module.ModelArgs.from_dict(config))
    model.sanitize({})  # ties Gemma's head to its embeddings
    model.update(
        tree_map_with_path(
            lambda path, p: mx.random.normal(p.shape) * 0.1 if "norm" not in path else p,
            model.parameters(),
        )
    )
    model.eval()
    model.freeze()
    mx.eval(model.parameters())
    return model


def weights(model: Any) -> dict[str, Any]:
    """All parameters by dotted name, as numpy arrays."""
    import numpy as np
    from mlx.utils import tree_flatten

    return {name: np.array(value) for name, value in tree_flatten(model.parameters())}


def chat(*turns: str, **extra: Any) -> dict[str, Any]:
    """A line of chat data: user and assistant in turn."""
    roles = ("user", "assistant")
    messages = [
        {"role": roles[index % 2], "content": content} for index, content in enumerate(turns)
    ]
    return {"messages": messages, **extra}


def write_jsonl(path: Path, rows: Sequence[Any]) -> Path:
    """One JSON value a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
