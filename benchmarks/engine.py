"""Tully's prompts on the real Gemma: our engine beside what people use otherwise.

Each way runs in a clean process, one after the other. Ways that take one prompt at a time get
12 prompts and at most 64 tokens each, which does them no harm: their rate does not depend on it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).resolve().parents[1]
OURS = "persona-eval"
SUITES = [sys.executable, "-m", "pytest", "suites", "--tb=no", "-rN", "-p", "no:cacheprovider"]
FIRST = re.compile(r"\.yaml [.Fx]")
ENDING = re.compile(r"(\d+) replies in (\d+) s, (\d+) tok/s.*peak memory ([\d.]+) GiB")


def way(name: str) -> dict[str, float]:
    """The figures of one other way."""
    command = [sys.executable, str(ROOT / "benchmarks" / "ways.py"), name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"{name}\n{done.stdout}{done.stderr}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def suites(store: str) -> tuple[float, float, str]:
    """Wall time of ``pytest suites``, time to its first finished case, and its output."""
    started = time.perf_counter()
    first, output = 0.0, ""
    command = [*SUITES, "--persona-store", store]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        while piece := process.stdout.read1(4096):
            output += piece.decode(errors="replace")
            if not first and FIRST.search(output):
                first = time.perf_counter() - started
    return time.perf_counter() - started, first, output


def main() -> None:
    from ways import WAYS

    others = {name: way(name) for name in WAYS if name != "step"}
    with tempfile.TemporaryDirectory() as store:
        cold, first, shown = suites(store)
        warm = sorted(suites(store)[0] for _ in range(3))[1]
    found = ENDING.search(shown)
    assert found, shown
    replies, seconds, rate, peak = map(float, found.groups())
    ours = {"tokens/s": rate, "replies/s": replies / seconds, "peak GiB": peak}
    rows = [
        [name, *(f"{figures[key]:.2f}" for key in ("replies/s", "tokens/s", "peak GiB")),
         f"{rate / figures['tokens/s']:.1f}"]
        for name, figures in (others | {f"{OURS}, {replies:.0f} replies": ours}).items()
    ]  # fmt: skip
    headers = ["way", "replies/s", "tokens/s", "peak GiB", f"{OURS} is so many times as fast"]
    print(tabulate(rows, headers=headers, disable_numparse=True))
    print(f"\npytest suites/: cold {cold:.0f} s, first case after {first:.0f} s, warm {warm:.1f} s")
    step = way("step")
    whole = step["seconds of step"]
    for part in ("products of weights", "products of attention", "likeliest", "draw"):
        taken = step[f"seconds of {part}"]
        print(
            f"a step at 32 rows takes {whole:.3f} s, its {part} {taken:.3f} s: {taken / whole:.0%}"
        )


if __name__ == "__main__":
    main()
