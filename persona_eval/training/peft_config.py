"""What a PEFT ``adapter_config.json`` says, and what of it mlx-lm cannot do.

Keys and defaults are those of ``peft.LoraConfig``, versions 0.4 to 0.20.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from persona_eval.models.adapter_files import CONFIG_FILE

MERGE = (
    "merge it into its base in PEFT (`merge_and_unload`), save that, convert it with "
    "`mlx_lm.convert`, and run the suites with --persona-model DIRECTORY --persona-adapter base"
)
SAVE = "load it on its base in PEFT and write it anew with `save_pretrained(DIR)`"

REFUSED = {
    "modules_to_save": "whole modules were trained besides the LoRA layers",
    "rank_pattern": "some layers have a rank of their own, and mlx-lm knows one for all",
    "alpha_pattern": "some layers have a scale of their own, and mlx-lm knows one for all",
    "use_dora": "DoRA scales the sum of weights and update, which plain LoRA does not",
    "fan_in_fan_out": "the layers store their weights the other way round (GPT-2's Conv1D)",
    "target_parameters": "bare parameters such as those of experts were adapted, not layers",
    "trainable_token_indices": "embeddings of single tokens were trained",
    "lora_bias": "the updates have biases",
    "use_qalora": "the inputs of the updates are pooled",
    "layer_replication": "layers of the base are repeated",
    "alora_invocation_tokens": "the updates begin only after certain tokens",
    "megatron_config": "the layers are those of Megatron",
}
"""Settings that change what an adapter computes, unless they are off."""
READ = frozenset(
    {"peft_type", "r", "lora_alpha", "lora_dropout", "use_rslora", "bias", "init_lora_weights",
     "base_model_name_or_path", "target_modules", "exclude_modules", "layers_to_transform",
     "layers_pattern"}
)  # fmt: skip
TRAINING_ONLY = frozenset(
    {"auto_mapping", "corda_config", "ensure_weight_tying", "eva_config", "inference_mode",
     "lora_ga_config", "loftq_config", "megatron_core", "peft_version", "qalora_group_size",
     "revision", "runtime_config", "task_type"}
)  # fmt: skip
"""Settings that the finished weights no longer depend on, whatever they are."""
PLAIN_STARTS = (None, True, False, "gaussian", "eva", "orthogonal", "mica")
"""Values of ``init_lora_weights`` that leave the base as it was. The others (PiSSA, OLoRA, CorDA,
LoftQ, LoRA-GA) change its weights before training."""


@dataclass(frozen=True)
class Refusal:
    """A reason why an adapter cannot be imported, and what to do instead."""

    where: str
    """A file name, with a key where there is one."""
    reason: str
    mend: str


@dataclass(frozen=True)
class PeftConfig:
    """What an import needs of an ``adapter_config.json``."""

    rank: int
    scale: float
    """lora_alpha / rank, or lora_alpha / sqrt(rank) for rsLoRA (Kalajdzievski 2023,
    arXiv:2312.03732)."""
    dropout: float
    base: str | None
    """Name of the base it was trained on, without the way to it on that machine."""
    blocks: frozenset[int] | None
    """The blocks it was put on; None for all."""
    containers: frozenset[str]
    """Names of the lists that these blocks are counted in; empty for any."""
    picked: bool
    """Whether single layers were picked or left out by name, so that blocks may differ."""


def read_peft_config(folder: Path) -> tuple[PeftConfig | None, list[Refusal]]:
    """The configuration, or None and all reasons why it cannot be used."""
    try:
        data = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        return None, [Refusal(CONFIG_FILE, f"cannot be read as JSON: {_short(error)}", SAVE)]
    if not isinstance(data, dict):
        return None, [Refusal(CONFIG_FILE, "must hold one JSON object", SAVE)]
    if data.get("peft_type") != "LORA":
        return None, [_of_another_type(data.get("peft_type"))]
    refusals = [*_settings(data), *_numbers(data), *_layers(data)]
    return (None if refusals else _config(data)), refusals


def at(key: str, reason: str, mend: str) -> Refusal:
    """A refusal because of one key of the configuration."""
    return Refusal(f"{CONFIG_FILE}, {key}", reason, mend)


def _of_another_type(found: Any) -> Refusal:
    if found is None:
        return at("peft_type", "is missing, so this is no configuration of PEFT", SAVE)
    return at("peft_type", f"is {found!r}, and only LORA can be imported", MERGE)


def _settings(data: Mapping[str, Any]) -> Iterable[Refusal]:
    """Everything that is switched on and changes what the adapter computes, or may do so."""
    for key in sorted(data.keys() - READ - TRAINING_ONLY):
        if _off(data[key]):
            continue
        unknown = "is not known here, and not off: it may change what the adapter computes"
        yield at(key, REFUSED.get(key, unknown), MERGE)
    if data.get("bias", "none") not in ("none", None):
        yield at("bias", f"is {data['bias']!r}: biases of the base were trained too", MERGE)
    start = data.get("init_lora_weights")
    if not isinstance(start, (str, bool, type(None))) or start not in PLAIN_STARTS:
        yield at(
            "init_lora_weights",
            f"is {start!r}, which changes the base's own weights before training",
            "save it in PEFT with `path_initial_model_for_weight_conversion`, which makes plain "
            f"LoRA of PiSSA, CorDA and OLoRA; or {MERGE}",
        )


def _off(value: Any) -> bool:
    return value in (None, False, 0, "", [], {})


def _numbers(data: Mapping[str, Any]) -> Iterable[Refusal]:
    if not _is_whole(data.get("r")) or data["r"] < 1:
        yield at("r", f"is {data.get('r')!r}, and must be a whole number above 0", SAVE)
    alpha = data.get("lora_alpha")
    if not _is_number(alpha) or not alpha:
        yield at("lora_alpha", f"is {alpha!r}, and must be a number other than 0", SAVE)
    dropout = data.get("lora_dropout", 0.0)
    if not _is_number(dropout) or not 0 <= dropout < 1:
        yield at("lora_dropout", f"is {dropout!r}, and must be from 0 to below 1", SAVE)
    if not isinstance(data.get("use_rslora", False), bool):
        yield at("use_rslora", f"is {data['use_rslora']!r}, and must be true or false", SAVE)


def _layers(data: Mapping[str, Any]) -> Iterable[Refusal]:
    blocks, pattern = data.get("layers_to_transform"), data.get("layers_pattern")
    if blocks is not None and not all(map(_is_whole, _list(blocks))):
        yield at("layers_to_transform", f"is {blocks!r}, and must list whole numbers", SAVE)
    if not all(isinstance(each, str) for each in _list(pattern)):
        yield at("layers_pattern", f"is {pattern!r}, and must be a name or several", SAVE)
    elif pattern and not _list(blocks):
        yield at("layers_pattern", "has no layers_to_transform: PEFT itself refuses this", SAVE)
    for key in ("target_modules", "exclude_modules"):
        if not all(isinstance(each, str) for each in _list(data.get(key))):
            yield at(key, f"is {data[key]!r}, and must be a name or several", SAVE)


def _config(data: Mapping[str, Any]) -> PeftConfig:
    rank = data["r"]
    blocks = _list(data.get("layers_to_transform"))
    return PeftConfig(
        rank=rank,
        scale=data["lora_alpha"] / (math.sqrt(rank) if data.get("use_rslora") else rank),
        dropout=float(data.get("lora_dropout", 0.0)),
        base=plain_name(data.get("base_model_name_or_path")),
        blocks=frozenset(blocks) if blocks else None,
        containers=frozenset(_list(data.get("layers_pattern"))),
        picked=bool(data.get("exclude_modules")) or _picks(data.get("target_modules")),
    )


def _picks(targets: Any) -> bool:
    """Whether ``target_modules`` is a regular expression, or names layers of single blocks."""
    if isinstance(targets, str):
        return targets != "all-linear"
    return any(re.search(r"(^|\.)\d+(\.|$)", target) for target in _list(targets))


def plain_name(name: Any) -> str | None:
    """A base's name without the way to it: a hub id as it is, and the last part of a path."""
    if not isinstance(name, str) or not name.strip():
        return None
    return (
        name if re.fullmatch(r"[\w.-]+/[\w.-]+", name) else re.split(r"[/\\]", name.strip("/"))[-1]
    )


def _list(value: Any) -> list[Any]:
    if value is None or value == "":
        return []
    return value if isinstance(value, list) else [value]


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _short(error: Exception) -> str:
    """Without the path, which is said already."""
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
