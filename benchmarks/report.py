"""What a page costs: a run of 2,000 cases with five trials each, beside a baseline of as many, from
a scripted model that says sixty words of its own each time. How long it takes to write, how large it
is, and, where Playwright and Chromium are, how soon it opens, filters and finds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

CASES = 2000
ROUNDS = 3
README = Path(__file__).resolve().parents[1] / "README.md"
CONFTEST = """
import pathlib, random
import pytest
from persona_eval import ScriptedModel
from persona_eval.scorers.base import Tools

WORDS = pathlib.Path({readme!r}).read_text().split()

def answer(request):
    return " ".join(random.Random(request.key + "{seed}").choices(WORDS, k=60))

@pytest.fixture(scope="session")
def persona_model():
    return ScriptedModel(answer)

@pytest.fixture(scope="session")
def persona_tools():
    return Tools()
"""
HEAD = """
persona: persona.yaml
defaults:
  trials: 5
  expect:
    - words: {min: 20, max: 90}
    - sentences: {max: 30}
    - no_loops
    - not: asks_question
    - contains_any: [baseline, reply, gate]
    - not: {contains: Traceback}
    - reading_grade: {max: 30}
    - matches: "[a-z]{3}"
cases:
"""
CASE = "  - {{id: case-{0}, category: in_character, pack: none, prompt: 'What of number {0}?'}}\n"
COMMAND = "import sys; from persona_eval.cli import main; sys.exit(main(sys.argv[1:]))"
TIMED = """async ([id, value]) => {
    const field = document.getElementById(id), count = document.getElementById('count');
    const before = count.value, began = performance.now();
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    while (count.value === before && performance.now() - began < 20_000) {
        await new Promise((done) => setTimeout(done, 5));
    }
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - began;
}"""


def run(folder: Path, *arguments: str) -> float:
    """Seconds that a command took, whatever the gate says."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise SystemExit(done.stdout + done.stderr)
    return time.perf_counter() - began


def suites(folder: Path, seed: str) -> None:
    """Run the suites with a model that says something else for each seed."""
    (folder / "conftest.py").write_text(CONFTEST.format(readme=str(README), seed=seed))
    quiet = ("-q", "--tb=no", "-rN", "--persona-adapter=base", "--persona-fresh")
    run(folder, "-m", "pytest", *quiet)


def opened(path: Path) -> list[tuple[str, float]]:
    """Milliseconds until the page does what it is asked to; the fastest of some rounds."""
    from playwright.sync_api import sync_playwright

    place = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=place, args=["--no-sandbox"])
        rounds = [look(browser, path) for _ in range(ROUNDS)]
        browser.close()
    return [(name, min(each[name] for each in rounds)) for name in rounds[0]]


def look(browser: object, path: Path) -> dict[str, float]:
    """One round, in a window of its own."""
    page = browser.new_page()  # type: ignore[attr-defined]
    began = time.perf_counter()
    page.goto(path.as_uri())
    page.get_by_text(f"{CASES} of {CASES} cases", exact=True).wait_for(state="attached")
    ready = (time.perf_counter() - began) * 1000
    painted = page.evaluate("performance.getEntriesByType('paint')[0].startTime")
    found = {
        "first paint, ms": painted,
        "ready, ms": ready,
        "failed only, ms": page.evaluate(TIMED, ["show", "failed"]),
        "first search, ms": page.evaluate(TIMED, ["text", "case-77"]),
        "next search, ms": page.evaluate(TIMED, ["text", "baseline adapter"]),
    }
    page.close()
    return found


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "persona.yaml").write_text("name: Bo\n")
        (folder / "a.suite.yaml").write_text(HEAD + "".join(map(CASE.format, range(CASES))))
        suites(folder, "then")
        run(folder, "-c", COMMAND, "accept")
        suites(folder, "now")
        written = run(folder, "-c", COMMAND, "report", "-o", "run.html")
        page = folder / "run.html"
        rows = [("written, s", written), ("size, MB", page.stat().st_size / 1e6)]
        try:
            rows += opened(page)
        except ImportError:
            print("Playwright is not installed: the browser's share is left out")
    print(tabulate(rows, headers=["what", "figure"], floatfmt=".1f"))


if __name__ == "__main__":
    main()
