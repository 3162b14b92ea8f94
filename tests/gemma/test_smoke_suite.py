"""The main job in small: the repository's own suites, real model, trained adapter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pytest_run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "suites", "-q", "-m", "smoke", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_smoke_cases_run_and_a_second_run_generates_nothing(tmp_path):
    first = pytest_run("--persona-store", str(tmp_path))
    assert first.returncode in (0, 1), first.stdout + first.stderr
    assert "adapter tully-v2 · gemma3-270m" in first.stdout
    assert "0 of 21 replies from the store" in first.stdout
    second = pytest_run("--persona-store", str(tmp_path))
    assert second.returncode == first.returncode
    assert "21 of 21 replies from the store" in second.stdout
    assert decision(second.stdout) == decision(first.stdout)


def decision(output: str) -> str:
    return next(line for line in output.splitlines() if line.startswith("gate "))
