"""A base model under MLX that wears one adapter at a time."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from persona_eval.errors import ModelError
from persona_eval.models import memory
from persona_eval.models.base import Message
from persona_eval.models.batching import MLXBatch
from persona_eval.models.blas import on_cpu, prepare_cpu
from persona_eval.models.cpu import fuse, quicken
from persona_eval.models.likelihood import mean_logprobs
from persona_eval.models.locate import BaseFiles, locate, stop_texts, user_cache
from persona_eval.models.offline import offline
from persona_eval.models.probe import best_batch_size
from persona_eval.notes import Notes


@dataclass(frozen=True)
class LoadedBase:
    """A base model in memory, plain (no adapter) and in evaluation mode."""

    name: str
    path: Path
    fingerprint: str
    model: Any
    """mlx-lm module; float32 on CPU, the model's own dtype elsewhere."""
    tokenizer: Any
    """mlx-lm ``TokenizerWrapper``."""

    @cached_property
    def stop_ids(self) -> tuple[int, ...]:
        """All token ids that end a reply, sorted."""
        return tuple(sorted(self.tokenizer.eos_token_ids))

    @cached_property
    def stop_texts(self) -> tuple[str, ...]:
        return stop_texts(self.path)

    @cached_property
    def context(self) -> int:
        """Longest sequence the model was made for, in tokens."""
        return int(self._config.get("max_position_embeddings", 1 << 30))

    @cached_property
    def bytes_per_token(self) -> int:
        """Memory of the keys and values of one token, at most: a sliding window keeps fewer."""
        heads = self._config.get("num_attention_heads", 1)
        width = self._config.get("head_dim") or self._config.get("hidden_size", 1) // heads
        groups = self._config.get("num_key_value_heads", heads)
        layers = self._config.get("num_hidden_layers", 1)
        return 2 * int(layers) * int(groups) * int(width) * 4

    @cached_property
    def _config(self) -> dict[str, Any]:
        config = json.loads((self.path / "config.json").read_text())
        return dict(config.get("text_config", config))

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of a conversation, up to where the reply begins."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            tokens = self.tokenizer.apply_chat_template(turns, add_generation_prompt=True)
        except Exception as error:  # templates are programs: anything may be raised
            raise ModelError(
                f"the chat template of {self.name} refuses this conversation "
                f"({', '.join(message.role for message in messages)}): {error}"
            ) from error
        return list(tokens)

    def detokenizer(self) -> Any:
        """A new streaming detokenizer."""
        return self.tokenizer.detokenizer


def engine_kind(path: Path) -> str:
    """Device and dtype with which the model at ``path`` runs here, for example ``cpu-float32``.

    Imports MLX only where there may be a GPU: on a Linux CPU the fast BLAS must come first.
    """
    if on_cpu():
        return "cpu-float32"
    import mlx.core as mx

    if mx.metal.is_available():
        return f"metal-{_own_dtype(path)}"
    return f"cuda-{_own_dtype(path)}" if mx.default_device() == mx.gpu else "cpu-float32"


def _own_dtype(path: Path) -> str:
    config = json.loads((path / "config.json").read_text())
    if "quantization" in config:
        return f"{config['quantization'].get('bits', '')}bit"
    return str(config.get("torch_dtype") or config.get("dtype") or "bfloat16")


def load_base(spec: str | BaseFiles) -> LoadedBase:
    """Load a base model by name, directory or hub id.

    Raises ModelError when it cannot be found or loaded, or has no chat template.
    """
    files = spec if isinstance(spec, BaseFiles) else locate(spec)
    kind = engine_kind(files.path)
    prepare_cpu()
    with offline():
        from mlx_lm import load

        try:
            model, tokenizer = load(str(files.path), lazy=True)[:2]
        except Exception as error:  # mlx-lm raises all sorts of things for damaged directories
            raise ModelError(f"mlx-lm cannot load {files.path}: {error}") from error
    if tokenizer.chat_template is None and not tokenizer.has_chat_template:
        raise ModelError(
            f"{files.name} has no chat template: add a chat_template.jinja to {files.path}, or "
            "use a model that has one"
        )
    if kind == "cpu-float32":
        model = _plain_float32(model, files.path)
        quicken(model)
    model.eval()
    model.freeze()
    return LoadedBase(files.name, files.path, files.fingerprint, model, tokenizer)


def _plain_float32(model: Any, path: Path) -> Any:
    """On CPU: quantised products are slow, in bfloat16 even wrong, and only float32 reaches BLAS."""
    import mlx.core as mx
    from mlx.utils import tree_map

    if "quantization" in json.loads((path / "config.json").read_text()):
        from mlx_lm.utils import dequantize_model

        model = dequantize_model(model)
    model.update(
        tree_map(
            lambda p: p.astype(mx.float32) if mx.issubdtype(p.dtype, mx.floating) else p,
            model.parameters(),
        )
    )
    mx.eval(model.parameters())
    return model


class MLXModel:
    """The ``Model`` of real runs. Loads on first use, so that a run whose replies are all
    stored loads nothing."""

    def __init__(self, files: BaseFiles, batch_size: int | None = None, notes: Notes | None = None):
        """``batch_size`` None: what memory allows and a probe finds fastest. ``notes`` remember
        what was probed; None: those in the user's cache."""
        self.files = files
        self.name = files.name
        self.fingerprint = files.fingerprint
        self.engine = engine_kind(files.path)
        self.asked_size = batch_size
        self._notes = notes or Notes(user_cache() / "probes.json")
        self._worn: Any = None
        self._peaks: Counter[str] = Counter()

    @cached_property
    def base(self) -> LoadedBase:
        """The loaded base."""
        base = load_base(self.files)
        memory.limit_gpu_cache()
        return base

    @cached_property
    def batch_size(self) -> int:
        """Rows of a batch; found on the first call, with whatever adapter is worn."""
        room = memory.for_batches()
        return best_batch_size(self.base, self.engine, room, self.asked_size, self._notes)

    def wear(self, adapter: Path | None) -> None:
        from persona_eval.models.adapters import take_off, wear

        if self._worn is not None:
            take_off(self.base.model, self._worn)
            self._worn = None
        if adapter is not None:
            self._worn = wear(self.base, adapter)
            if self.engine == "cpu-float32":
                fuse(self.base.model)

    def open(self) -> MLXBatch:
        return MLXBatch(self.base, self.batch_size, memory.for_batches(), self._peaks)

    def mean_logprobs(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        """Mean log-probability (nats) per token of each reply, with what is worn now."""
        return mean_logprobs(self.base, messages, replies)

    def memory(self) -> dict[str, int]:
        """Bytes of the weights, and the most that rows and kept prompts of batches took."""
        if "base" not in self.__dict__:
            return {}
        from mlx.utils import tree_flatten

        weights = sum(p.nbytes for _, p in tree_flatten(self.base.model.parameters()))
        return {"model": weights, **self._peaks}
