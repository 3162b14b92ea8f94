"""The main job: the repository's suites on the real model, cold and then warm."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).resolve().parents[1]
LOADED = re.compile(r"^(mlx\.core|mlx_lm|torch|transformers|sentence_transformers)$")


def run(store: str) -> tuple[float, str]:
    """Wall time and output of ``pytest suites/`` on a store."""
    command = [sys.executable, "-m", "pytest", "suites", "-q", "--tb=no", "--persona-store", store]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return time.perf_counter() - started, done.stdout


def loaded(store: str) -> list[str]:
    """Which of the heavy libraries a run on this store imports."""
    code = (
        "import pytest, sys; pytest.main(['suites', '-q', '--tb=no', '--persona-store', sys.argv[1]]);"
        "print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, store], cwd=ROOT, capture_output=True, text=True
    )
    return sorted(line for line in done.stdout.splitlines() if LOADED.match(line))


def main() -> None:
    with tempfile.TemporaryDirectory() as store:
        cold, shown = run(store)
        warm, _ = run(store)
        heavy = loaded(store)
    print("\n".join(line for line in shown.splitlines() if " · adapter" in line))
    rows = [("cold", f"{cold:.1f}"), ("warm", f"{warm:.1f}"), ("cold / warm", f"{cold / warm:.0f}")]
    print(tabulate(rows, headers=["pytest suites/", "seconds"]))
    print("heavy libraries in the warm run:", ", ".join(heavy) or "none")


if __name__ == "__main__":
    main()
