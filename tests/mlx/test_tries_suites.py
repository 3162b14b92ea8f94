"""Variants are judged by suites, and so are their checkpoints."""

from __future__ import annotations

from pathlib import Path

import pytest
from attempts import Built, Try, answered

SUITE = """
persona: persona.yaml
defaults: {pack: none, trials: 1, generation: {max_tokens: 4}}
cases:
  - {id: any, category: in_character, prompt: Hi, expect: [words: {max: 99}]}
  - {id: never, category: in_character, prompt: Hi, expect: [contains: Zyzzyva]}
"""


@pytest.fixture(autouse=True)
def suites(tully: Path) -> None:
    """One case that any reply passes, and one that none does."""
    suites = tully.parent / "suites"
    suites.mkdir()
    (suites / "persona.yaml").write_text("{name: Tully, description: A boy}")
    (suites / "a.suite.yaml").write_text(SUITE)


def test_suites_judge_every_variant(attempt: Try, capsys: pytest.CaptureFixture[str]) -> None:
    grid = ["--with", "lora.rank=2,4"]
    assert attempt(*grid) == 0
    capsys.readouterr()
    Built.loads.clear()
    assert attempt(*grid, "--suite", "suites") == 0
    told = capsys.readouterr()
    assert told.out.splitlines()[2].split()[6] == "50%"
    assert "passed: of 2 cases, one reply each" in told.out
    assert Built.loads == ["gemma"]
    assert attempt(*grid, "--suite", "suites/a.suite.yaml", "--json") == 0
    assert [row["passed"] for row in answered(capsys)["tries"]] == [0.5, 0.5]
    assert Built.loads == ["gemma"], "the replies were in the store"


def test_checkpoints_may_be_chosen_by_suites(
    attempt: Try, capsys: pytest.CaptureFixture[str]
) -> None:
    assert attempt("--cell", "select=suite suite.path=../suites", "--json") == 0
    assert answered(capsys)["tries"][0]["passed"] == 0.5
