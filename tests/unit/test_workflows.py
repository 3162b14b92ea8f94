"""The workflow of this repository, and the one in docs/ci.md for others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

ROOT = Path(__file__).parents[2]
OURS = (ROOT / ".github" / "workflows" / "suites.yml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
THEIRS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
DIFFER = {"Install", "Restore the model", "setup-python"}
"""What depends on where persona-eval comes from."""


def job(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text)["jobs"]["suites"]
    return found


def steps(text: str) -> dict[str, Any]:
    """Steps by name, or by the action that they are."""
    named = {}
    for step in job(text)["steps"]:
        action = step.get("uses", "").partition("@")[0].partition("/")[2]
        named[step.get("name") or action] = step
    return named


def test_both_are_the_same_but_for_what_they_install() -> None:
    ours, theirs = steps(OURS), steps(THEIRS)
    assert list(ours) == list(theirs)
    for name in ours.keys() - DIFFER:
        assert ours[name] == theirs[name]
    assert {k: v for k, v in job(OURS).items() if k != "steps"} == {
        k: v for k, v in job(THEIRS).items() if k != "steps"
    }


def test_linux_and_macos_each_with_its_cache() -> None:
    places = {each["os"]: each["model"] for each in job(OURS)["strategy"]["matrix"]["include"]}
    assert {Path(place).expanduser() for place in places.values()} == {
        Path(system("persona-eval").user_cache_dir) for system in (MacOS, Unix)
    }
    assert places["ubuntu-latest"] == "~/.cache/persona-eval"


@pytest.fixture(autouse=True)
def _no_cache_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)


@pytest.mark.parametrize("text", [OURS, THEIRS])
def test_replies_are_kept_whatever_the_gate_says(text: str) -> None:
    save, restore = steps(text)["Save the replies"], steps(text)["Restore the replies"]
    assert save["if"] == "always()"
    assert save["with"]["path"] == restore["with"]["path"] == ".persona_eval"
    assert save["with"]["key"] == restore["with"]["key"]
    assert restore["with"]["key"].startswith(restore["with"]["restore-keys"])
    for name in ("Keep the reports", "Keep the store"):
        assert steps(text)[name]["if"] == "always()"


def test_the_run_asks_for_reports_that_there_are(pytestconfig: pytest.Config) -> None:
    asked = re.findall(r"--([a-z-]+)=reports/", steps(OURS)["Run the suites"]["run"])
    assert len(asked) == 4
    known = vars(pytestconfig.option)
    assert {name for name in asked if name.replace("-", "_") not in known} <= {"junitxml"}


def test_linux_installs_with_the_constraints() -> None:
    for text in (OURS, THEIRS):
        assert " -c constraints.txt " in steps(text)["Install"]["run"]
    pinned = [
        line for line in (ROOT / "constraints.txt").read_text().splitlines() if "#" not in line
    ]
    assert "\n".join(pinned) in PAGE
