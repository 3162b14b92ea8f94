"""Reports that are files: refused at once where they cannot be written, and written when the run
is over, by the controller alone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from persona_eval.pytest_plugin import xdist

if TYPE_CHECKING:
    from persona_eval.outcome import Outcome

STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
"""Variable of GitHub Actions: a file that is shown, as Markdown, on the page of the run."""
TROUBLE = pytest.StashKey[list[str]]()
"""What could not be written, and is no reason to fail."""


@dataclass(frozen=True)
class Ended:
    """A run that is over."""

    config: pytest.Config
    outcome: Outcome
    facts: Mapping[str, Any] | None
    status: int


def _json(run: Ended) -> str:
    from persona_eval.reports.machine import run_report

    report = run_report(run.outcome, run.facts, run.status)
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def _markdown(run: Ended) -> str:
    from persona_eval.reports.github import actions_run
    from persona_eval.reports.markdown import markdown_report

    return markdown_report(run.outcome, run.facts, run.status, actions_run(os.environ))


def _html(run: Ended) -> str:
    from persona_eval.pytest_plugin.page import page_of

    return page_of(run)


FILES: dict[str, Callable[[Ended], str]] = {
    "persona_json": _json,
    "persona_html": _html,
    "persona_markdown": _markdown,
}
"""What each option writes."""


def check_paths(config: pytest.Config) -> None:
    """Take away the reports of an earlier run, that none is taken for this one's. Raises
    UsageError where one cannot be written."""
    for option in FILES:
        asked = config.getoption(option)
        if asked and not xdist.worker(config):
            _check(f"--{option.replace('_', '-')} {asked}", Path(asked))


def _check(asked: str, path: Path) -> None:
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise pytest.UsageError(f"{asked}: this is no file in a folder that exists")
    try:
        path.unlink(missing_ok=True)
        path.touch()
        path.unlink()
    except OSError as error:
        raise pytest.UsageError(f"{asked}: cannot be written ({error})") from None


def write(run: Ended) -> None:
    """Write the reports that were asked for, and add to the summary of a GitHub Actions step."""
    for option, text in FILES.items():
        if path := run.config.getoption(option):
            _whole(Path(path), text(run))
    if path := os.environ.get(STEP_SUMMARY):
        _append(Path(path), run)


def _whole(path: Path, text: str) -> None:
    """The whole file or none. Half a character of a broken pair is shown and not refused."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    beside.write_bytes(text.encode("utf-8", "backslashreplace"))
    os.replace(beside, path)


def _append(path: Path, run: Ended) -> None:
    """What other steps and sessions wrote there stays."""
    text = f"\n{_markdown(run)}".encode("utf-8", "backslashreplace")
    try:
        with path.open("ab") as file:
            file.write(text)
    except OSError as error:
        run.config.stash.setdefault(TROUBLE, []).append(f"{STEP_SUMMARY}: not written: {error}")
