"""The tensors of a PEFT LoRA adapter: pairs of A and B, their shapes, and the layers they are for."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from persona_eval.models.adapter_files import PEFT_FILES
from persona_eval.training.peft_config import MERGE, SAVE, PeftConfig, Refusal, at

FILE = PEFT_FILES[0]
NAME = re.compile(r"base_model\.model\.(?P<path>.+)\.lora_(?P<side>[AB])\.weight")
IN_BLOCK = re.compile(r"(?P<prefix>.+?)\.(?P<block>\d+)\.(?P<kind>.+)")
NUMBERS = ("F32", "F16", "BF16")
SHOWN = 3

ODD_NAMES = (
    ("lora_embedding_", "LoRA on embeddings", MERGE),
    ("lora_magnitude_vector", "magnitudes of DoRA", MERGE),
    (".lora_B.bias", "biases of updates", MERGE),
    (".lora_", "names that `save_pretrained` does not give", SAVE),
    ("", "trained besides LoRA (whole modules, biases, or embeddings of new tokens)", MERGE),
)
"""What a part of a tensor's name tells where the name is not that of an A or B; the first counts."""


class Entry(NamedTuple):
    """A tensor in the header of a file."""

    dtype: str
    shape: tuple[int, ...]


class Place(NamedTuple):
    """Where a layer is: ``model.layers``, 0 and ``self_attn.q_proj``."""

    prefix: str
    block: int
    kind: str

    @property
    def path(self) -> str:
        return f"{self.prefix}.{self.block}.{self.kind}"


@dataclass
class Found:
    """What the header of a file holds."""

    pairs: dict[str, dict[str, Entry]] = field(default_factory=lambda: defaultdict(dict))
    """By a layer's path, its A (rank, inputs) and B (outputs, rank)."""
    others: list[str] = field(default_factory=list)


def read_header(folder: Path) -> tuple[Found | None, list[Refusal]]:
    """The tensors of ``adapter_model.safetensors`` without their numbers, its length checked."""
    from safetensors import SafetensorError, safe_open

    found = Found()
    try:
        with safe_open(folder / FILE, framework="numpy") as tensors:
            for name in list(tensors.keys()):
                part = tensors.get_slice(name)
                _place(found, name, Entry(part.get_dtype(), tuple(part.get_shape())))
    except (SafetensorError, OSError, ValueError) as error:
        return None, [Refusal(FILE, f"is damaged, cut short or unreadable ({error})", SAVE)]
    return found, []


def _place(found: Found, name: str, entry: Entry) -> None:
    match = NAME.fullmatch(name)
    if match:
        found.pairs[match["path"]][match["side"]] = entry
    else:
        found.others.append(name)


def tensor_refusals(found: Found, rank: int | None) -> list[Refusal]:
    """What is wrong with names, pairs, kinds of numbers and shapes. ``rank`` None: unknown."""
    paired = {path: pair for path, pair in found.pairs.items() if len(pair) == 2}
    alone = [f"{p} (only lora_{next(iter(found.pairs[p]))})" for p in found.pairs.keys() - paired]
    entries = {f"{p}.lora_{s}": e for p, pair in found.pairs.items() for s, e in pair.items()}
    kinds = [f"{n} is {e.dtype}" for n, e in entries.items() if e.dtype not in NUMBERS]
    shapes = [wrong for path, pair in paired.items() for wrong in _wrong_shapes(path, pair, rank)]
    parts = (
        ("lora_A without lora_B, or the other way round", alone, SAVE),
        (f"not one of {', '.join(NUMBERS)}", kinds, "save it as float32"),
        ("of another shape", shapes, SAVE),
    )
    refusals = [
        Refusal(FILE, f"{what}: {listed(names)}", mend) for what, names, mend in parts if names
    ]
    if not found.pairs:
        refusals.append(Refusal(FILE, "holds no lora_A and lora_B of linear layers", SAVE))
    return _odd(found.others) + refusals


def _odd(names: Iterable[str]) -> list[Refusal]:
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in names:
        what, mend = next((what, mend) for part, what, mend in ODD_NAMES if part in name)
        groups[what, mend].append(name)
    return [Refusal(FILE, f"{what}: {listed(each)}", mend) for (what, mend), each in groups.items()]


def _wrong_shapes(path: str, pair: Mapping[str, Entry], rank: int | None) -> Iterable[str]:
    a, b = pair["A"].shape, pair["B"].shape
    inner = rank or next(iter(a), 0)
    if len(a) != 2 or a[0] != inner or 0 in a:
        yield f"{path}.lora_A is {a}, and must be ({inner or 'rank'}, inputs)"
    if len(b) != 2 or b[1] != inner or 0 in b:
        yield f"{path}.lora_B is {b}, and must be (outputs, {inner or 'rank'})"


def value_refusals(tensors: Mapping[str, Any]) -> list[Refusal]:
    """What is wrong with the numbers of mlx-lm's tensors, ``<path>.lora_a`` and ``.lora_b``."""
    import mlx.core as mx

    finite = {name: mx.isfinite(tensor).all() for name, tensor in tensors.items()}
    moved = [(tensor != 0).any() for name, tensor in tensors.items() if name.endswith(".lora_b")]
    mx.eval(finite, moved)
    broken = [name for name, good in finite.items() if not good.item()]
    again = "train it again: nothing can be made of this one"
    refusals = []
    if broken:
        refusals.append(Refusal(FILE, f"not finite (nan or infinity): {listed(broken)}", again))
    if moved and not any(each.item() for each in moved):
        refusals.append(Refusal(FILE, "was never trained: every lora_B is zero", again))
    return refusals


def place_refusals(paths: Sequence[str], config: PeftConfig) -> list[Refusal]:
    """Layers that are not where ``layers_to_transform`` and ``layers_pattern`` put them."""
    if config.blocks is None:
        return []
    places = {path: _split(path) for path in paths}
    outside = [path for path, place in places.items() if not _listed_place(place, config)]
    empty = config.blocks - {place.block for place in places.values() if place}
    refusals = []
    if outside:
        reason = f"leaves out layers that have tensors: {listed(outside)}"
        refusals.append(at("layers_to_transform", reason, SAVE))
    if empty:
        reason = f"names layers without tensors: {listed(map(str, sorted(empty)))}"
        refusals.append(at("layers_to_transform", reason, SAVE))
    return refusals


def _listed_place(place: Place | None, config: PeftConfig) -> bool:
    if place is None or config.blocks is None or place.block not in config.blocks:
        return False
    return not config.containers or place.prefix.rsplit(".", 1)[-1] in config.containers


def gaps(paths: Iterable[str], config: PeftConfig, layers: Iterable[str] | None) -> list[str]:
    """Layers that have no tensors although their like in other blocks have them, sorted.

    ``layers``: the paths of all linear layers of the base; None: unknown, and blocks are taken to
    be alike. Layers that were picked by name leave no gaps.
    """
    if config.picked:
        return []
    adapted = {place for place in map(_split, paths) if place}
    kinds = {(place.prefix, place.kind) for place in adapted}
    if layers is None:
        ends = {place.prefix: place.block + 1 for place in sorted(adapted)}
        blocks = {prefix: config.blocks or range(end) for prefix, end in ends.items()}
        wanted = {Place(prefix, block, kind) for prefix, kind in kinds for block in blocks[prefix]}
    else:
        known = {place for place in map(_split, layers) if place}
        wanted = {place for place in known if (place.prefix, place.kind) in kinds}
    return [
        place.path
        for place in sorted(wanted - adapted)
        if config.blocks is None or place.block in config.blocks
    ]


def keys(paths: Sequence[str], config: PeftConfig) -> tuple[str, ...]:
    """How mlx-lm names these layers for ``num_layers`` -1, sorted.

    As seen from a block where all blocks of the adapter are alike: then a base with more of them
    is found out. Else each by its full path, which ``linear_to_lora_layers`` of mlx-lm 0.32
    accepts too, and which adapts no other layer.
    """
    places = [place for place in map(_split, paths) if place]
    alike = len({place.prefix for place in places}) == 1 and not gaps(paths, config, None)
    if config.blocks is not None or config.picked or not alike:
        return tuple(sorted(paths))
    outside = {path for path in paths if not _split(path)}
    return tuple(sorted({place.kind for place in places} | outside))


def _split(path: str) -> Place | None:
    match = IN_BLOCK.fullmatch(path)
    return Place(match["prefix"], int(match["block"]), match["kind"]) if match else None


def listed(names: Iterable[str]) -> str:
    """The first of the names, and how many more there are."""
    names = list(names)
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
