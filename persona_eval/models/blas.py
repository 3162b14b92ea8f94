"""A fast BLAS for MLX's CPU backend on Linux.

The Linux wheel of MLX bundles the reference BLAS: 4–7 GFLOP/s for a float32 product of
1024×1024 matrices on two cores, where OpenBLAS or MKL reach 140–210. A library loaded into
the process's global symbols *before* MLX takes the place of the bundled one.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import os
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

CUDA_BACKENDS = ("mlx-cuda-12", "mlx-cuda-13")
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # from malloc.h
SLOW = (
    "no fast BLAS found: MLX's matrix products on this CPU will be 20 to 40 times slower than "
    "they could be. Install OpenBLAS (Debian: apt install libopenblas0) or PyTorch "
    "(pip install persona-eval[bundled])."
)


def candidates() -> Iterator[Path | str]:
    """Libraries that export ``sgemm_``, best first: the system's OpenBLAS, then the MKL that
    PyTorch carries (found without importing it)."""
    if name := ctypes.util.find_library("openblas"):
        yield name
    torch = find_spec("torch")
    if torch and torch.origin:
        library = Path(torch.origin).parent / "lib" / "libtorch_cpu.so"
        if library.exists():
            yield library


def limit_threads(threads: int) -> None:
    """Cap the threads of a BLAS that is not loaded yet; the user's own setting wins."""
    for name in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(max(1, threads)))


def keep_freed_memory() -> None:
    """Let glibc keep large freed blocks instead of handing each back to the kernel.

    MLX's CPU backend allocates every array anew; with fresh pages for each, an element-wise
    pass over 64 MB took 59 ms instead of 9, and a training step 13.9 s instead of 9.8.
    """
    with contextlib.suppress(OSError, AttributeError):  # another libc
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)


def prepare_cpu() -> None:
    """Make this process ready for MLX on the CPU: to be called before ``mlx.core`` is imported
    for the first time, wherever that may be. Does nothing where a GPU will do the work."""
    if on_cpu():
        keep_freed_memory()
        load_fast_blas()


def on_cpu() -> bool:
    """Whether MLX has nothing but a CPU here, told without importing it."""
    return sys.platform == "linux" and not any(map(_installed, CUDA_BACKENDS))


def _installed(package: str) -> bool:
    try:
        return bool(version(package))
    except PackageNotFoundError:
        return False


def load_fast_blas() -> str | None:
    """Load the first candidate that exports ``sgemm_`` for all to see, and return its name.

    Does nothing (None) off Linux. Without a candidate, warns what that costs. Must run before
    ``mlx.core`` is imported, else it has no effect.
    """
    if sys.platform != "linux":
        return None
    for candidate in candidates():
        try:
            library = ctypes.CDLL(str(candidate), mode=ctypes.RTLD_GLOBAL)
        except OSError:
            continue
        if hasattr(library, "sgemm_"):
            return Path(str(candidate)).name
    warnings.warn(SLOW, RuntimeWarning, stacklevel=2)
    return None
