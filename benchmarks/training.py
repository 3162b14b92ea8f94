"""Training an adapter for the real Gemma: our own training beside what people use otherwise.

The same examples of one reply, steps, rank, batch size and AdamW, each way in a clean process, one
after the other; ours comes first and last, so that a change of the machine's mood shows. All epochs
but the last warm up. The validation losses are all computed by our own code, on the adapters that the
ways left behind. mlx_lm.lora without a fast BLAS takes two steps only, each of which may take minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tabulate import tabulate
from training_ways import AGAIN, OURS, STOCK, TORCH, WAYS
from training_work import Work

ROOT = Path(__file__).resolve().parents[1]
ADAPTER = ROOT / "adapters" / "tully-v2"
NO_PEFT = f"{TORCH} is left out: PEFT is missing. Install it: pip install -e '.[bench]'"
STOCK_STEPS = 2
DIFFERENCES = f"""
Where the ways differ, by their own design:
- mlx_lm.lora also learns what its template writes after the stop token and one token of padding,
  which are not counted here. Its batches are neighbours in the file, padded to a multiple of 32.
  Its step is compiled, where g++ is there, when a new length comes by.
- {TORCH} pads shuffled batches to their longest example.
- {OURS} sorts examples by length within 16 batches.
- None validates on the way. Tokenising, loading and saving are not timed. Processor seconds count
  both cores; on a busy machine believe their ratio, and set OMP_WAIT_POLICY=PASSIVE for all ways, or
  they count threads that wait for each other.
"""


def call(name: str, folder: Path) -> dict[str, Any]:
    """What one process has to say."""
    script = ROOT / "benchmarks" / "training_ways.py"
    command = [sys.executable, str(script), name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"{name}\n{done.stdout}{done.stderr}")
    return dict(json.loads(done.stdout.strip().splitlines()[-1]))


def set_up(folder: Path, options: argparse.Namespace) -> Work:
    """Write data and settings. Every way sees each example as often: batches are full."""
    from persona_eval.training.batches import steps_per_epoch

    size, count = options.batch_size, options.examples
    if count % size or steps_per_epoch(count, size) != count // size:
        raise SystemExit(f"--examples {count} does not make full batches of {size}: try {8 * size}")
    work = Work(
        folder, steps=options.epochs * count // size, epochs=options.epochs, batch_size=size,
        rank=options.rank, scale=2.0, learning_rate=options.learning_rate, seed=options.seed,
    )  # fmt: skip
    chosen = some_of(ADAPTER / "data" / "train.jsonl", count, options.seed)
    write(work, chosen)
    write(stock(work), chosen[: STOCK_STEPS * size])
    work.valid.write_text(
        "".join(some_of(ADAPTER / "data" / "valid.jsonl", options.valid, options.seed)), "utf-8"
    )
    return work


def stock(work: Work) -> Work:
    """For the slowest way: the first examples, once."""
    return replace(work, folder=work.folder / "stock", steps=STOCK_STEPS, epochs=1)


def write(work: Work, lines: Sequence[str]) -> None:
    work.train.parent.mkdir(parents=True)
    work.train.write_text("".join(lines), "utf-8")
    work.save()


def some_of(source: Path, count: int, seed: int) -> list[str]:
    """So many lines of a file with one reply each, drawn by the seed, in the order of the draw."""
    lines = source.read_text("utf-8").splitlines(keepends=True)
    single = [line for line in lines if line.count('"assistant"') == 1]
    return random.Random(seed).sample(single, min(count, len(single)))


def chosen_ways(names: list[str] | None) -> list[str]:
    """Ways to run, in their order."""
    wanted = [way for way in WAYS if not names or any(name in way for name in names)]
    if TORCH in wanted and find_spec("peft") is None:
        print(NO_PEFT)
        wanted.remove(TORCH)
    return [*wanted, OURS + AGAIN] if wanted[:1] == [OURS] and len(wanted) > 1 else wanted


def run(work: Work, way: str) -> dict[str, Any]:
    """Figures of a way over its timed steps."""
    own = stock(work) if way == STOCK else work
    learnt = call("prepare", own.folder)["learnt"]
    figures = call(way, own.folder)
    print(f"{way}: {sum(figures['seconds']):.1f} s", flush=True)
    return {
        "rate": learnt / sum(figures["seconds"]),
        "work": learnt / sum(figures["processor"]),
        "step": statistics.mean(figures["seconds"]),
        "peak": figures["peak"] / 2**30,
    }


def report(work: Work, found: Mapping[str, dict[str, Any]]) -> str:
    """The table of all ways."""
    losses = call("judge", work.folder)
    own = [figures for way, figures in found.items() if way.startswith(OURS)]
    rows = []
    for way, figures in found.items():
        after = losses.get(work.adapter(way).name)
        rows.append(
            [way, f"{figures['rate']:.1f}", f"{figures['work']:.1f}", f"{figures['step']:.2f}",
             f"{figures['peak']:.2f}",
             f"{losses['']:.3f} → {after:.3f}" if after else "–",
             *(_times(own, figures, name) for name in ("rate", "work"))]
        )  # fmt: skip
    headers = ["way", "reply tokens/s", "a processor second", "s/step", "peak GiB",
               "validation loss", f"{OURS} is so many times as fast", "by processor"]  # fmt: skip
    return tabulate(rows, headers=headers, disable_numparse=True)


def _times(own: Sequence[dict[str, Any]], figures: dict[str, Any], name: str) -> str:
    if not own:
        return "–"
    return f"{statistics.harmonic_mean([each[name] for each in own]) / figures[name]:.2f}"


def profile(work: Work) -> str:
    """Where the time of a step of ours goes."""
    found = call("parts", work.folder)
    whole = found["seconds"]["step"]
    rows = [[name, f"{s:.3f}", f"{s / whole:.0%}"] for name, s in found["seconds"].items()]
    table = tabulate(rows, headers=["part", "seconds", "of the step"], disable_numparse=True)
    return f"\nA step of {OURS}, {found['batch']}:\n{table}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--valid", type=int, default=32, help="examples to validate on")
    parser.add_argument("--batch-size", type=int, default=4)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--way", action="append", help="only ways with this in their name")
    parser.add_argument("--profile", action="store_true", help="only the parts of a step of ours")
    return parser.parse_args()


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        work = set_up(Path(name), options)
        if options.profile:
            print(profile(work))
            return
        counts = call("prepare", work.folder)
        print(
            f"{counts['examples']} examples, {counts['read']} tokens, {counts['learnt']} of them in "
            f"replies; {work.steps} steps of {work.batch_size}, {work.timed} of them timed; rank "
            f"{work.rank}"
        )
        found = {way: run(work, way) for way in chosen_ways(options.way)}
        print(report(work, found), DIFFERENCES, sep="\n")


if __name__ == "__main__":
    main()
