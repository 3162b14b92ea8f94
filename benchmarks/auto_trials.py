"""`trials: auto` beside a fixed number on Tully's suites: trials drawn, and whether labels agree.

The verdict of a case with `auto` is that of its five trials; so both designs must say the same.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tabulate import tabulate

ROOT = Path(__file__).resolve().parents[1]
TRIALS = re.compile(r"^  trials: 3$", re.MULTILINE)


def run(trials: str, store: Path) -> dict[str, Any]:
    """The report of the suites with so many trials."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "suites" / "tully"
        shutil.copytree(ROOT / "suites/tully", folder)
        for path in folder.glob("*.suite.yaml"):
            path.write_text(TRIALS.sub(f"  trials: {trials}", path.read_text("utf-8")), "utf-8")
        report = Path(name) / "run.json"
        command = [
            sys.executable, "-m", "pytest", str(folder), "-q", "--tb=no", f"--rootdir={ROOT}",
            f"--persona-store={store}", f"--persona-json={report}", "--persona-no-baseline",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if not report.exists():
            raise SystemExit(done.stdout + done.stderr)
        return dict(json.loads(report.read_text("utf-8")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", type=Path, help="a store that may hold the replies already")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        store = options.store.resolve() if options.store else Path(name)
        fixed, auto = (run(trials, store) for trials in ("5", "auto"))
    cases = {
        design: {case["case"]: case for case in report["adapters"][0]["cases"]}
        for design, report in (("fixed", fixed), ("auto", auto))
    }
    drawn = {
        design: sum(len(c["trials"]) for c in found.values()) for design, found in cases.items()
    }
    rates = {design: report["adapters"][0]["summaries"][-1]["rate"]
             for design, report in (("fixed", fixed), ("auto", auto))}  # fmt: skip
    same = sum(
        cases["fixed"][key]["passed"] == case["passed"] for key, case in cases["auto"].items()
    )
    rows = [(design, drawn[design], f"{rates[design]:.1%}") for design in drawn]
    print(tabulate(rows, headers=["design", "trials", "rate"]))
    print(
        f"{drawn['auto'] / drawn['fixed']:.0%} of the trials; {same} of {len(cases['auto'])} verdicts the same"
    )


if __name__ == "__main__":
    main()
