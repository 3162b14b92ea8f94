"""Whole commands, timed side by side: alternating, so that a slow spell of the machine meets all.

They run as on a user's machine, whatever the shell says: compiled files are kept, and pytest
loads no plugin that is not named.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


def seconds(command: Sequence[str], cwd: Path) -> float:
    """Wall time of a command whose exit status is 0, 1 or 5 (pytest found no test)."""
    started = time.perf_counter()
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, env=_environment())
    elapsed = time.perf_counter() - started
    if done.returncode not in (0, 1, 5):
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return elapsed


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def side_by_side(
    commands: Mapping[str, Sequence[str]], cwd: Path, rounds: int
) -> dict[str, list[float]]:
    """Times of each command, after one round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(rounds + 1):
        for name, command in commands.items():
            elapsed = seconds(command, cwd)
            if number:
                times[name].append(elapsed)
    return times


def row(name: str, times: Sequence[float]) -> tuple[str, str, str, str]:
    """Name, fastest, median and slowest, in seconds."""
    figures = (min(times), statistics.median(times), max(times))
    return (name, *(f"{figure:.3f}" for figure in figures))  # type: ignore[return-value]
