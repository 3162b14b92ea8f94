"""What runner and store cost around the model: 2,000 cases of three trials, scripted."""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from pathlib import Path

from persona_eval.models.scripted import ScriptedModel
from persona_eval.runner import Runner, WornAdapter
from persona_eval.store import Store
from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.models import Case, Turn

CASES, TRIALS = 2000, 3
BASE = WornAdapter("base", None, "none")
REPLY = "I went to the creek and I found a stone that looks like a potato. Do you want to see it?"


def cases() -> list[Case]:
    return [
        Case(
            id=f"case-{number}",
            category="in_character",
            turns=(Turn(user=f"What happened on day {number}?"),),
            trials=TRIALS,
            generation=Generation(),
        )
        for number in range(CASES)
    ]


def run(store: Store, which: list[Case]) -> tuple[float, list[int]]:
    """Milliseconds a reply, and the memory held (bytes) at each tenth of the way."""
    runner, bo = Runner(ScriptedModel({}, default=REPLY), store), Persona(name="Bo")
    held = []
    started = time.perf_counter()
    runner.enqueue(BASE, [(case.id, case, bo) for case in which])
    for number, case in enumerate(which, start=1):
        runner.trials(BASE, case.id)
        if number % (len(which) // 10) == 0 and tracemalloc.is_tracing():
            held.append(tracemalloc.get_traced_memory()[0])
    seconds = time.perf_counter() - started
    return seconds * 1000 / (len(which) * TRIALS), held


def main() -> None:
    which = cases()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "store.sqlite")
        cold, _ = run(store, which)
        warm, _ = run(store, which)
        store.close()
        tracemalloc.start()
        traced = Store(Path(folder) / "traced.sqlite")
        _, held = run(traced, which)
        traced.close()
    print(f"{CASES} cases x {TRIALS} trials: {cold:.2f} ms a new reply, {warm:.2f} ms a stored one")
    print("memory held at each tenth, MiB:", *(f"{size / 2**20:.0f}" for size in held))


if __name__ == "__main__":
    main()
