"""PyTorch in a thread of its own that ends with the work.

GNU OpenMP gives every thread that computes in parallel helpers of its own, which stay as long as it
does. Once there are more of all these than cores, they are put to sleep at each turn instead of
waiting awake. MLX's matrix products on a CPU go through the same library: after PyTorch had worked
in the main thread, a step of 64 rows of Gemma 3 270M took 1.10 s on two cores, before 0.55 s.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from typing import ParamSpec, TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_a_thread_that_ends(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """The function, which computes in a new thread at each call; what it raises is raised here."""

    @wraps(function)
    def apart(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with ThreadPoolExecutor(max_workers=1) as once:
            return once.submit(function, *args, **kwargs).result()

    return apart
