"""Adapters on a base model: put on, take off, and everything that can be wrong with one.

mlx-lm accepts an adapter with missing tensors, with more layers than the model has, or of
another base of the same shape without a word; here each is an error before a reply is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from persona_eval.errors import AdapterError
from persona_eval.models.adapter_files import (
    RETRAIN,
    WEIGHTS_FILE,
    AdapterConfig,
    read_config,
    read_shapes,
    require_files,
)
from persona_eval.suite.suggest import nearest

LEAVES = ("lora_a", "lora_b", "m")
PROBE_TOKENS = 8
SHOWN = 3

Originals = dict[str, Any]
"""The modules that an adapter replaced, by their dotted names."""


class Base(Protocol):
    """A base model in memory: ``models.mlx.LoadedBase`` is one."""

    @property
    def name(self) -> str:
        """What reports call it."""

    @property
    def fingerprint(self) -> str:
        """Of weights, tokenizer and template."""

    @property
    def model(self) -> Any:
        """mlx-lm module, plain."""

    @property
    def tokenizer(self) -> Any:
        """mlx-lm ``TokenizerWrapper``."""


def wear(base: Base, folder: Path) -> Originals:
    """Put an adapter on a plain base and return what ``take_off`` needs.

    The model is frozen and in evaluation mode afterwards. Raises AdapterError, and leaves the
    model as it was, when the adapter is missing, damaged, of another base or without effect.
    """
    config = _prepare(base, folder)
    before = probe(base.model)
    originals = _dress(base.model, config, folder)
    try:
        _check_probe(folder, before, probe(base.model))
    except BaseException:
        take_off(base.model, originals)
        raise
    return originals


def take_off(model: Any, originals: Originals) -> None:
    """Put the original modules back: bit for bit the base again."""
    from mlx.utils import tree_unflatten

    if originals:
        model.update_modules(tree_unflatten(list(originals.items())))
    _settle(model)


@contextmanager
def taken_off(model: Any, originals: Originals) -> Iterator[None]:
    """Plain while the block runs; then the same layers again, with what they have learnt."""
    from mlx.utils import tree_unflatten

    modules = dict(model.named_modules())
    worn = [(name, modules[name]) for name in originals]
    take_off(model, originals)
    try:
        yield
    finally:
        model.update_modules(tree_unflatten(worn))


def inspect_adapter(base: Base, folder: Path) -> AdapterConfig:
    """All guards except the probe, without leaving the adapter on. Raises AdapterError."""
    config = _prepare(base, folder)
    take_off(base.model, _dress(base.model, config, folder))
    return config


def add_lora(model: Any, config: AdapterConfig) -> Originals:
    """Replace the configured layers by fresh LoRA (or DoRA) ones; returns what they replaced."""
    from mlx_lm.tuner.utils import linear_to_lora_layers

    before = dict(model.named_modules())
    dora = config.fine_tune_type == "dora"
    try:
        linear_to_lora_layers(model, config.num_layers, config.lora_parameters, use_dora=dora)
    except BaseException:
        take_off(model, _replaced(before, model))
        raise
    return _replaced(before, model)


def _replaced(before: Mapping[str, Any], model: Any) -> Originals:
    after = dict(model.named_modules())
    return {name: module for name, module in before.items() if after.get(name) is not module}


def lora_tensors(model: Any) -> dict[str, Any]:
    """The adapter's parameters in a model that wears one, by their dotted names."""
    from mlx.utils import tree_flatten

    return {
        name: value
        for name, value in tree_flatten(model.parameters())
        if name.rsplit(".", 1)[-1] in LEAVES
    }


def linear_keys(model: Any) -> tuple[str, ...]:
    """Layer-relative names of all linear layers in the model's blocks, sorted."""
    import mlx.nn as nn

    names = {
        name
        for layer in model.layers
        for name, module in layer.named_modules()
        if isinstance(module, (nn.Linear, nn.QuantizedLinear))
    }
    return tuple(sorted(names))


def adaptable(root: Any) -> set[str]:
    """Names of the modules below ``root`` that mlx-lm can turn into LoRA layers."""
    import mlx.nn as nn
    from mlx_lm.models.switch_layers import QuantizedSwitchLinear, SwitchLinear

    linear = (nn.Linear, nn.QuantizedLinear, SwitchLinear, QuantizedSwitchLinear)
    kinds = (*linear, nn.Embedding, nn.QuantizedEmbedding)
    return {
        name
        for name, module in root.named_modules()
        if isinstance(module, kinds) or hasattr(module, "to_lora")
    }


def probe(model: Any) -> Any:
    """Logits (vocabulary,) after a short fixed sequence of tokens."""
    import mlx.core as mx

    logits = model(mx.arange(1, PROBE_TOKENS + 1)[None])[0, -1].astype(mx.float32)
    mx.eval(logits)
    return logits


def _check_probe(folder: Path, before: Any, after: Any) -> None:
    import mlx.core as mx

    if not mx.isfinite(after).all().item():
        raise AdapterError(f"{folder}: the model's answers overflow with it. {RETRAIN}")
    if not (before != after).any().item():
        raise AdapterError(
            f"{folder} changes nothing: the model answers a probe exactly as without it. {RETRAIN}"
        )


def _settle(model: Any) -> None:
    """No dropout, nothing trainable: ``load_weights`` leaves neither so."""
    model.eval()
    model.freeze()


def _prepare(base: Base, folder: Path) -> AdapterConfig:
    """The configuration, after every check that needs no LoRA layers."""
    require_files(folder)
    config = read_config(folder)
    if lora_tensors(base.model):
        raise AdapterError("the model wears an adapter already: take it off first")
    _check_base(base, folder, config)
    _check_layers(base.model, folder, config)
    allowed = adaptable(base.model).union(*map(adaptable, base.model.layers))
    if unknown := unmatched_keys(base.model, config.keys or (), allowed):
        raise AdapterError(f"{folder}: {unknown}")
    return config


def _dress(model: Any, config: AdapterConfig, folder: Path) -> Originals:
    """Add the LoRA layers and load their weights, undoing all when these do not fit."""
    import mlx.core as mx

    shapes = read_shapes(folder)
    originals = add_lora(model, config)
    try:
        wanted = {name: tuple(value.shape) for name, value in lora_tensors(model).items()}
        _check_tensors(folder, wanted, shapes)
        tensors: Any = mx.load(str(folder / WEIGHTS_FILE))
        _check_values(folder, tensors)
        exact = [(name, tensor.astype(mx.float32)) for name, tensor in tensors.items()]
        model.load_weights(exact, strict=False)
        _settle(model)
    except BaseException:
        take_off(model, originals)
        raise
    return originals


def _check_base(base: Base, folder: Path, config: AdapterConfig) -> None:
    if config.base_fingerprint in (None, base.fingerprint):
        return
    theirs = f"{config.base_name or 'another base'} ({str(config.base_fingerprint)[:12]})"
    raise AdapterError(
        f"{folder} was trained on {theirs}, not on {base.name} ({base.fingerprint[:12]}): weights, "
        "tokenizer or chat template differ. Mend: use that base, or train the adapter again"
    )


def _check_layers(model: Any, folder: Path, config: AdapterConfig) -> None:
    if config.num_layers > len(model.layers):
        raise AdapterError(
            f"{folder}: num_layers is {config.num_layers}, but the model has "
            f"{len(model.layers)} layers: the adapter belongs to another base"
        )


def unmatched_keys(model: Any, keys: Iterable[str], allowed: set[str]) -> str | None:
    """What to say about keys that are not among the ``allowed`` names, or None when all are."""
    wrong = [key for key in keys if key not in allowed]
    if not wrong:
        return None
    known = linear_keys(model)
    same_end = [key for key in known if key.endswith("." + wrong[0].rsplit(".", 1)[-1])]
    near = next(iter(same_end), None) or nearest(wrong[0], known)
    meant = f" (did you mean {near}?)" if near else ""
    return (
        f"`keys` names no layer of the model: {_listed(wrong)}{meant}; allowed: {', '.join(known)}"
    )


def _check_values(folder: Path, tensors: Mapping[str, Any]) -> None:
    import mlx.core as mx

    try:
        finite = {name: mx.isfinite(tensor).all() for name, tensor in tensors.items()}
        sizes = {n: mx.abs(t).max() for n, t in tensors.items() if n.endswith("lora_b")}
        mx.eval(finite, sizes)
    except RuntimeError as error:
        raise AdapterError(f"{folder / WEIGHTS_FILE} cannot be read: {error}") from None
    broken = [name for name, good in finite.items() if not good.item()]
    if broken:
        raise AdapterError(
            f"{folder}: not finite (nan or infinity): {_listed(broken)}. Training diverged: lower "
            "learning_rate and train again"
        )
    if not any(size.item() for size in sizes.values()):
        raise AdapterError(f"{folder} was never trained: every lora_b is zero. Mend: train it")


def _check_tensors(
    folder: Path, wanted: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]
) -> None:
    """Every bad tensor at once. Raises AdapterError."""
    parts = {
        "missing": sorted(set(wanted) - set(found)),
        "not in the model": sorted(set(found) - set(wanted)),
        "of another shape": [
            f"{name} is {found[name]}, the model needs {wanted[name]}"
            for name in sorted(set(found) & set(wanted))
            if found[name] != wanted[name]
        ],
    }
    wrong = [f"{what}: {_listed(names)}" for what, names in parts.items() if names]
    if wrong:
        raise AdapterError(
            f"{folder} does not fit the model. Tensors {'; '.join(wrong)}. The adapter is damaged, "
            "its adapter_config.json was edited, or it belongs to another base"
        )


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN} more"
