"""A sweep of nine settings over the repository's suites, beside one run of them: both cold, each in
a process and on a store of its own; then both again, warm."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).resolve().parents[1]
SWEEP = ("--persona-sweep", "temperature=0.6,0.8,1.0", "--persona-sweep", "min_tokens=0,20,50")
MOST = 5.0
"""Times one run that a sweep may cost."""


@dataclass(frozen=True)
class Timed:
    """A process, and what it left in its store."""

    seconds: float
    replies: int
    tokens: int
    shown: str


def timed(store: str, *arguments: str) -> Timed:
    """``pytest suites/`` on a store. Raises RuntimeError where it could not do its work."""
    command = [sys.executable, "-m", "pytest", "suites", "-q", "--tb=no", "--persona-store", store]
    started = time.perf_counter()
    done = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stdout + done.stderr)
    with sqlite3.connect(Path(store) / "store.sqlite") as db:
        query = "SELECT count(*), coalesce(sum(tokens), 0) FROM replies"
        replies, tokens = db.execute(query).fetchone()
    return Timed(seconds, replies, tokens, done.stdout)


def row(name: str, found: Timed) -> tuple[str, str, int, int]:
    return name, f"{found.seconds:.1f}", found.replies, found.tokens


def main() -> None:
    chosen = sys.argv[1:]
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as nine:
        run, sweep = timed(one, *chosen), timed(nine, *SWEEP, *chosen)
        run_again, sweep_again = timed(one, *chosen), timed(nine, *SWEEP, *chosen)
    print(sweep.shown)
    rows = [
        row("run, cold", run), row("sweep, cold", sweep), row("run, warm", run_again),
        row("sweep, warm", sweep_again),
    ]  # fmt: skip
    print(tabulate(rows, headers=["pytest suites/", "seconds", "replies", "tokens"]))
    ratio = sweep.seconds / run.seconds
    print(
        f"\nthe sweep cost {ratio:.2f} runs (at most {MOST:g}): {'yes' if ratio < MOST else 'NO'}"
    )
    a_token = sweep.seconds / sweep.tokens / (run.seconds / run.tokens)
    print(f"seconds a token, sweep over run: {a_token:.2f}")
    same = _table(sweep.shown) == _table(sweep_again.shown)
    print(f"the same table twice: {'yes' if same else 'NO'}")


def _table(shown: str) -> str:
    """Without the last line, in which pytest says how long it took."""
    lines = shown.split("persona-eval sweep", 1)[-1].splitlines()
    return "\n".join(line for line in lines if " passed" not in line and " failed" not in line)


if __name__ == "__main__":
    main()
