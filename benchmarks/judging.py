"""What judging costs: 1,000 labelled replies by the whole pack of their category, with nothing
known and with all vectors known. Each in a process of its own, imports and models included."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate
from timing import row, seconds

REPLIES = 1000
ROUNDS = 3


def judge(folder: Path) -> None:
    """Judge them with the vectors that the store in this folder knows."""
    from itertools import chain

    from persona_eval.judging import judge_trial, judged_pairs, plan
    from persona_eval.scorers.labelled import rows
    from persona_eval.scorers.registry import default_registry
    from persona_eval.scorers.tools import default_tools, prepare
    from persona_eval.store import STORE_FILE, Store

    registry = default_registry()
    labelled = rows()
    chosen = labelled[:: len(labelled) // REPLIES][:REPLIES]
    tools = default_tools(None, Store(folder / STORE_FILE))
    planned = [plan(each.case(), each.persona, registry) for each in chosen]
    replies = [[(each.reply, each.finish_reason)] for each in chosen]
    both = list(zip(chosen, planned, replies, strict=True))
    began = time.perf_counter()
    prepare(tools, chain.from_iterable(judged_pairs(e.case(), e.persona, p, r) for e, p, r in both))
    read = time.perf_counter()
    for each, entries, reply in both:
        judge_trial(each.case(), each.persona, entries, reply, tools)
    ended = time.perf_counter()
    print(f"{REPLIES} replies: vectors {read - began:.1f} s, judging {ended - read:.1f} s")


def main() -> None:
    if len(sys.argv) > 1:
        judge(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        times: dict[str, list[float]] = {"nothing known": [], "all vectors known": []}
        for number in range(ROUNDS):
            command = [sys.executable, __file__, str(Path(name) / str(number))]
            for taken in times.values():
                taken.append(seconds(command, Path(name)))
        print(tabulate([row(kind, taken) for kind, taken in times.items()],
                       headers=["seconds", "fastest", "median", "slowest"]))  # fmt: skip


if __name__ == "__main__":
    main()
