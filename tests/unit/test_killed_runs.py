"""A run that is killed again and again loses nothing that it had reported."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from textwrap import dedent

from persona_eval.store import Store

REPLIES = 120
RUN = dedent(
    """
    import sys, time
    from pathlib import Path
    from persona_eval.models.scripted import ScriptedModel
    from persona_eval.runner import Runner, WornAdapter
    from persona_eval.store import Store
    from persona_eval.suite.models import Case, Generation, Persona, Turn

    class Reporting(Store):
        def put(self, key, request, reply):
            print("generated", request.key, key, flush=True)
            super().put(key, request, reply)
            print("reported", request.key, key, flush=True)

    def answer(request):
        time.sleep(0.002)
        return f"{request.key} after {len(request.messages)} messages"

    turns = (Turn(user="Hi"), Turn(user="And?"))
    cases = [
        Case(id=f"case-{n}", category="clarify", turns=turns, trials=3, generation=Generation())
        for n in range(20)
    ]
    store = Reporting(Path(sys.argv[1]))
    runner = Runner(ScriptedModel(answer), store)
    base = WornAdapter("base", None, "none")
    runner.enqueue(base, [(case.id, case, Persona(name="Bo")) for case in cases])
    for case in cases:
        for trial in runner.trials(base, case.id):
            print("result", case.id, [reply.text for reply in trial.replies], flush=True)
    """
)


def run(store: Path, kill_after: float | None) -> tuple[list[str], bool]:
    """The lines that a run printed before it was killed, and whether it came to its end."""
    with subprocess.Popen(
        [sys.executable, "-c", RUN, str(store)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        if kill_after is not None:
            time.sleep(kill_after)
            process.send_signal(signal.SIGKILL)
        lines += process.stdout.read().splitlines(keepends=True)
    whole = [line.rstrip("\n") for line in lines if line.endswith("\n")]
    return whole, process.returncode == 0


def keys(lines: list[str], kind: str) -> list[str]:
    return [line.split()[2] for line in lines if line.startswith(kind + " ")]


def results(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("result ")]


def test_twenty_kills(tmp_path: Path) -> None:
    undisturbed, ended = run(tmp_path / "undisturbed.sqlite", None)
    assert ended
    assert len(set(keys(undisturbed, "reported"))) == REPLIES
    store = tmp_path / "killed.sqlite"
    chance = random.Random(7)
    reported: set[str] = set()
    for _ in range(20):
        lines, ended = run(store, chance.uniform(0, 0.01))
        assert not ended, "killed before its end"
        generated = keys(lines, "generated")
        assert not reported & set(generated), "generated again"
        assert len(generated) == len(set(generated))
        reported |= set(keys(lines, "reported"))
        opened = Store(store)
        assert all(opened.get(key) for key in reported), "lost"
        opened.close()
    assert 20 <= len(reported) < REPLIES
    lines, ended = run(store, None)
    assert ended
    assert results(lines) == results(undisturbed)
    assert not reported & set(keys(lines, "generated"))
    with sqlite3.connect(store) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("SELECT count(*) FROM replies").fetchone() == (REPLIES,)
