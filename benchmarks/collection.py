"""What collecting costs: 1,000 cases, and a pytest session that has no suites at all."""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from tabulate import tabulate
from timing import row, side_by_side

CASES = 1000
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
PLUGIN = ["-p", "persona_eval.pytest_plugin"]
ANOTHER = ["-p", "keyword"]
"""A module of Python's own without hooks: what pytest spends on naming any plugin."""


def write_suites(folder: Path) -> None:
    """Ten suites of 100 cases, with examples as authors write them."""
    (folder / "persona.yaml").write_text("{name: Rosa, description: A pirate}")
    for number in range(10):
        cases = "\n".join(_case(number * 100 + case) for case in range(CASES // 10))
        (folder / f"s{number}.suite.yaml").write_text(f"persona: persona.yaml\ncases:\n{cases}\n")


def _case(number: int) -> str:
    return f"""  - id: case-{number}
    category: dont_know
    prompt: What is the number of star {number}?
    never: [Sirius {number}]
    good: ["No idea, matey.", "Nobody ever told me that one."]
    bad: ["It is Sirius {number}."]"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        suites, plain = folder / "suites", folder / "plain"
        suites.mkdir()
        plain.mkdir()
        write_suites(suites)
        (plain / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
        collect = [*PYTEST, *PLUGIN, "--collect-only", "--persona-adapter", "base", str(suites)]
        collected = side_by_side({f"collect {CASES} cases": collect}, folder, rounds=7)
        session = side_by_side(
            {
                "a session without suites, plugin off": [*PYTEST, *ANOTHER, str(plain)],
                "a session without suites, plugin on": [*PYTEST, *PLUGIN, str(plain)],
            },
            folder,
            rounds=25,
        )
    rows = [row(name, times) for name, times in (collected | session).items()]
    print(tabulate(rows, headers=["seconds", "fastest", "median", "slowest"]))
    (all_cases,), (off, on) = collected.values(), session.values()
    ours = statistics.median(all_cases) - statistics.median(off)
    print(f"collecting, without what a session costs: {ours:.2f} s")
    costs = sorted(b - a for a, b in zip(off, on, strict=True))
    print(f"cost of the plugin, pair by pair: median {costs[len(costs) // 2] * 1000:.0f} ms")


if __name__ == "__main__":
    main()
