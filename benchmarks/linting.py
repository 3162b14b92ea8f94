"""What the lint of training data costs: 10,000 made-up examples against the example character's
card and suites, imports and models included, by the machine's clock."""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate
from timing import row, seconds

EXAMPLES = 10_000
ROUNDS = 3
SUITES = Path(__file__).resolve().parents[1] / "suites" / "tully"


def write(path: Path) -> None:
    """Labelled prompts with good replies, each longer by a few sentences of others of its kind."""
    from persona_eval.scorers.labelled import rows
    from persona_eval.text import sentences

    chosen = random.Random(0)
    good = [each for each in rows() if each.passes]
    said: dict[str, list[str]] = {}
    for each in good:
        said.setdefault(each.category, []).extend(sentences(each.reply))
    with path.open("w", encoding="utf-8") as file:
        for each in chosen.choices(good, k=EXAMPLES):
            more = chosen.sample(said[each.category], chosen.randint(0, 5))
            messages = [
                {"role": "user", "content": each.messages[-1].content},
                {"role": "assistant", "content": " ".join((each.reply, *more))},
            ]
            file.write(json.dumps({"messages": messages}) + "\n")


def lint(path: Path) -> None:
    """Look at the file."""
    from persona_eval.cli.linting import readable, suite_files
    from persona_eval.lint.lint import lint as look
    from persona_eval.scorers.tools import default_tools
    from persona_eval.training.corpus import read_conversations

    suites, _ = readable(suite_files(SUITES))
    began = time.perf_counter()
    report = look(read_conversations(path), suites[0].persona, suites, default_tools())
    print(f"{len(report.findings)} findings, {time.perf_counter() - began:.1f} s")


def main() -> None:
    if len(sys.argv) > 1:
        lint(Path(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as name:
        data = Path(name) / "train.jsonl"
        write(data)
        taken = [seconds([sys.executable, __file__, str(data)], Path(name)) for _ in range(ROUNDS)]
        print(tabulate([row(f"{EXAMPLES} examples", taken)],
                       headers=["seconds", "fastest", "median", "slowest"]))  # fmt: skip


if __name__ == "__main__":
    main()
