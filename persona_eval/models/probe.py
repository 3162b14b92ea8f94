"""What a model is tried for before its first batch: are batches right, and how large is best?"""

from __future__ import annotations

import os
import platform
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from persona_eval.models.base import ENGINE_VERSION
from persona_eval.models.decoding import Cache, Decoder, merged, row
from persona_eval.models.heads import LOW_PRECISION_TOLERANCE, TOLERANCE
from persona_eval.notes import Notes

if TYPE_CHECKING:
    from persona_eval.models.mlx import LoadedBase

TEXTS = (
    "Good morning! What did you have for breakfast today?",
    "Why?",
    "There was a boat on the lake, and nobody was in it. Whose was it, do you think?",
    "Tell me a story about a lighthouse and a very small dog, please.",
)
STEPS = 6
"""Tokens of each text that go through the batch one by one."""
SIZES = (8, 16, 32, 64)
WORTH_IT = 1.05
"""A larger batch must be so much faster: more rows take more memory and end less evenly."""
CONTEXT = 96
"""Tokens of each row while sizes are timed: a prompt and half a reply."""


def best_batch_size(
    base: LoadedBase,
    engine: str,
    memory: int,
    asked: int | None,
    notes: Notes,
) -> int:
    """How many rows a batch of this model should have; 1 where batches change its logits.

    ``memory``: bytes for keys, values and logits. ``asked``: what the user wants, if anything.
    ``notes`` remember the answers for a model, engine and machine.
    """
    decoder = Decoder(base.model)
    error = _noted(notes, "difference", base, engine, lambda: difference(base, decoder))
    limit = TOLERANCE.get(engine.split("-")[-1], LOW_PRECISION_TOLERANCE)
    if not error <= limit:  # also when it is NaN
        warnings.warn(
            f"{base.name} gives other logits in a batch than alone (relative difference "
            f"{error:.2g}, {limit:g} allowed): replies are generated one at a time",
            RuntimeWarning,
            stacklevel=2,
        )
        return 1
    if asked:
        return asked
    fastest = _noted(notes, "batch size", base, engine, lambda: fastest_size(base, decoder, memory))
    return int(fastest)


def difference(base: LoadedBase, decoder: Decoder) -> float:
    """Largest difference between the logits of a batch, whose rows come and go and have
    different lengths, and those of each text alone without a cache, as a share of the largest
    logit."""
    import mlx.core as mx
    import numpy as np

    texts = [base.tokenizer.encode(text) for text in TEXTS]
    texts = [text if len(text) > STEPS else text + text[-1:] * STEPS for text in texts]
    alone = [np.array(base.model(mx.array([t]))[0, -STEPS:].astype(mx.float32)) for t in texts]
    worst = 0.0
    rows: list[int] = []
    cache: Cache = []
    for step in range(STEPS + 1):
        joining = [n for n in range(len(texts)) if n % 2 == step] if step < 2 else []
        kept = [(i, n) for i, n in enumerate(rows) if _position(n, step) < STEPS]
        if joining or len(kept) < len(rows):
            single = [_read(decoder, texts[n][:-STEPS]) for n in joining]
            cache = merged([*(row(cache, i) for i, _ in kept), *single])
            rows = [*(n for _, n in kept), *joining]
        fed = [texts[n][_position(n, step) - STEPS] for n in rows]
        ids, logits = decoder.step(fed, cache, None)
        for found, order, n in zip(logits, ids, rows, strict=True):
            expected = alone[n][_position(n, step)][order]
            worst = float(np.maximum(worst, _relative(found, expected)))  # keeps a NaN
    return worst


def fastest_size(base: LoadedBase, decoder: Decoder, memory: int) -> int:
    """The smallest size that is about as fast as any, of those that the memory allows."""
    vocabulary = len(base.tokenizer)
    each = base.bytes_per_token * 2 * CONTEXT + vocabulary * 4 * 2
    sizes = [size for size in SIZES if size * each <= memory] or [SIZES[0]]
    tokens = (base.tokenizer.encode(" ".join(TEXTS)) * CONTEXT)[:CONTEXT]
    prompt = _read(decoder, tokens)
    best, most = sizes[0], 0.0
    for size in sizes:
        rate = size / _seconds(decoder, tokens[-1], merged([prompt] * size), size)
        if rate > WORTH_IT * most:
            best, most = size, rate
    return best


def machine() -> str:
    """What the figures of a probe depend on, besides the model."""
    parts = (
        platform.system(),
        platform.machine(),
        os.cpu_count(),
        version("mlx"),
        version("mlx-lm"),
    )
    return " ".join(map(str, parts))


def _noted(
    notes: Notes, what: str, base: LoadedBase, engine: str, find: Callable[[], float]
) -> float:
    key = " · ".join([what, base.fingerprint, engine, f"engine {ENGINE_VERSION}", machine()])
    known = notes.get(key)
    if known is None:
        known = find()
        notes.put(key, known)
    return float(known)


def _position(text: int, step: int) -> int:
    """How far a text is in a step: every second one begins a step later."""
    return step - text % 2


def _read(decoder: Decoder, tokens: Sequence[int]) -> Cache:
    cache = decoder.new_cache()
    decoder.read([tokens], cache)
    return cache


def _relative(found: Any, expected: Any) -> float:
    import numpy as np

    return float(np.abs(found - expected).max() / np.abs(expected).max())


def _seconds(decoder: Decoder, token: int, cache: Cache, size: int) -> float:
    """The better of two steps, after one that does not count."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        decoder.step([token] * size, cache, 128)
        times.append(time.perf_counter() - started)
    return min(times[1:])
