"""How much memory there is, and how much was needed."""

from __future__ import annotations

import os
import resource
import sys

SHARE = 8
"""Keys, values and logits of a batch may take an eighth of the machine, and its kept prompts
another."""
GPU_CACHE = 2**30
"""Bytes of freed buffers that MLX may hold on a GPU for the next step."""


def for_batches() -> int:
    """Bytes that a batch may take."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(2**28, total // SHARE)


def peak() -> int:
    """The most memory that this process has held, in bytes: its own, or MLX's on a GPU."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    own = most if sys.platform == "darwin" else most * 1024
    if "mlx.core" not in sys.modules:
        return own
    import mlx.core as mx

    return max(own, mx.get_peak_memory())


def limit_gpu_cache() -> None:
    """Keep MLX from holding on to every buffer that was ever freed."""
    import mlx.core as mx

    if mx.default_device() == mx.gpu:
        mx.set_cache_limit(GPU_CACHE)
