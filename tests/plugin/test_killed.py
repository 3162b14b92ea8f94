"""A ``pytest suites/`` that is killed again and again loses no reply and makes none twice."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

from projects import Project, case

SLOW = """
    import pathlib, time

    class Slow(ScriptedModel):
        def answer(self, request):
            time.sleep(0.02)
            with open({log!r}, "a") as log:
                log.write(request.key + "\\n")
            return "I drink tea."

    @pytest.fixture(scope="session")
    def persona_model():
        return Slow({{}}, default="I drink tea.")
"""
CASES, TRIALS = 12, 5
KILLS = 4


def stored(project: Project) -> set[str]:
    """Keys of the requests whose replies are in the store."""
    path = project.folder / ".persona_eval/store.sqlite"
    if not path.exists():
        return set()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        tables = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'replies'")
        if tables.fetchone() == (0,):
            return set()
        return {key for (key,) in database.execute("SELECT request FROM replies")}


def killed(project: Project, after: int) -> None:
    """Run pytest, and kill it when so many more replies were made."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest",
               "--persona-adapter=base"]  # fmt: skip
    wanted = len(project.asked()) + after
    with subprocess.Popen(command, cwd=project.folder, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while len(project.asked()) < wanted and time.monotonic() < deadline:
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)


def test_it_goes_on_where_it_was(project: Project, tmp_path: Path) -> None:
    project.conftest(SLOW.format(log=str(project.log)))
    project.suite(*(case(f"c{n}", f"Drink {n}?", extra=f"trials: {TRIALS}") for n in range(CASES)))
    chance, known = random.Random(3), set[str]()
    for _ in range(KILLS):
        before = project.asked()
        killed(project, chance.randint(2, 9))
        again = project.asked()[len(before) :]
        assert not known & set(again), "generated again"
        now = stored(project)
        assert known <= now, "lost"
        known = now
    assert 0 < len(known) < CASES * TRIALS
    made = len(project.asked())
    result = project.run_alone()
    result.assert_outcomes(passed=CASES)
    assert len(project.asked()) - made == CASES * TRIALS - len(known)
    result.stdout.fnmatch_lines([f"*{len(known)} of {CASES * TRIALS} replies from the store*"])
    assert len(stored(project)) == CASES * TRIALS
