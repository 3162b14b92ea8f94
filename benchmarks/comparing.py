"""Two stored runs of 2,000 cases × 10 trials: reading, comparing and reporting them."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate
from timing import seconds

from persona_eval.compare import Comparison
from persona_eval.history import NewTrial, Runs
from persona_eval.identity import digest_of, place_of
from persona_eval.judge import Judge, code_digest
from persona_eval.judging import Judgement
from persona_eval.models.base import Reply
from persona_eval.scorers.registry import default_registry
from persona_eval.scorers.tools import default_tools
from persona_eval.sides import Project
from persona_eval.standings import facts_of
from persona_eval.store import STORE_FILE, Store
from persona_eval.suite.load import load_suite

CASES, TRIALS, FILES = 2000, 10, 10
CARD = "name: Bo\nvoice: {samples: [I like tea., Tea is nice., So it is., Ho hum., Oh well.]}\n"
HEAD = f"persona: persona.yaml\ndefaults: {{trials: {TRIALS}}}\ncases:\n"


def suites(folder: Path) -> None:
    """Cases of one expectation each."""
    (folder / "bo").mkdir()
    (folder / "bo/persona.yaml").write_text(CARD)
    for file in range(FILES):
        cases = (
            f"  - {{id: case-{file}-{number}, category: boundary, prompt: 'Day {number}?',"
            " pack: none, expect: [contains: tea]}\n"
            for number in range(CASES // FILES)
        )
        (folder / f"bo/s{file}.suite.yaml").write_text(HEAD + "".join(cases))


def fill(folder: Path, store: Store) -> None:
    """Two runs with luck of their own."""
    found = [load_suite(p, default_registry()) for p in sorted(folder.glob("bo/*.suite.yaml"))]
    tools, judge, luck = default_tools(), Judge(default_registry()), random.Random(0)
    vectors = [tools.embedder and tools.embedder.name, tools.reader and tools.reader.name]
    about = {
        "model": {"name": "m", "fingerprint": "f"}, "engine": "cpu", "adapters": {"bo": {}},
        "judged_by": {"code": code_digest(), "vectors": vectors},
        "suites": {
            place_of(suite.path): {
                "path": str(suite.path.relative_to(folder)), "card": "bo/persona.yaml",
                "digest": digest_of(suite.path, suite.persona),
            }
            for suite in found
        },
    }  # fmt: skip
    runs = Runs(store)
    for token in ("one", "two"):
        run = runs.begin(token, about)
        for suite in found:
            for case in suite.cases:
                facts = facts_of(suite, case, judge.rules(case, suite.persona, tools))
                runs.add(run, "bo", facts, [trial(number, luck) for number in range(TRIALS)])
        runs.end(run, 0)


def trial(number: int, luck: random.Random) -> NewTrial:
    passed = luck.random() < 0.7
    reply = Reply("I drink tea." if passed else f"Hm {luck.random()}.", "stop", 5, 9, 0.1)
    return NewTrial(number, [reply], Judgement(passed, None, ()), False)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites(folder)
        store = Store(folder / ".persona_eval" / STORE_FILE)
        fill(folder, store)
        project = Project(folder, store, default_tools(), lambda _: default_registry())
        started = time.perf_counter()
        sides = [project.side(project.reference(number)) for number in ("1", "2")]
        read = time.perf_counter()
        comparison = Comparison.of(sides[0].standings, sides[1].standings)
        text = json.dumps(comparison.to_json())
        done = time.perf_counter()
        store.close()
        command = [str(Path(sys.executable).with_name("persona-eval")), "compare", "1", "2"]
        whole = min(seconds(command, folder) for _ in range(3))
    rows = [
        ("reading both runs", f"{read - started:.2f}"),
        ("pairing, tests, JSON", f"{done - read:.2f}"),
        ("the command, best of three", f"{whole:.2f}"),
    ]
    print(f"{CASES} cases x {TRIALS} trials, twice ({len(text) / 2**20:.0f} MiB of JSON)")
    print(tabulate(rows, headers=["comparing", "seconds"]))


if __name__ == "__main__":
    main()
