"""Where a run of GitHub Actions is to be found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_SHAPES = {
    "GITHUB_SERVER_URL": r"https://[\w.-]+(:\d+)?",
    "GITHUB_REPOSITORY": r"[\w.-]+/[\w.-]+",
    "GITHUB_RUN_ID": r"\d+",
}
_COMMIT = re.compile(r"[0-9a-f]{7,64}")


@dataclass(frozen=True)
class ActionsRun:
    """A run of a workflow."""

    repository: str
    """URL of the repository."""
    number: str

    @property
    def url(self) -> str:
        """The run's page, with its log and its artifacts."""
        return f"{self.repository}/actions/runs/{self.number}"

    def commit_url(self, commit: str) -> str | None:
        """Page of a commit; None for what is no name of one."""
        return f"{self.repository}/commit/{commit}" if _COMMIT.fullmatch(commit) else None


def actions_run(environ: Mapping[str, str]) -> ActionsRun | None:
    """The run that this process belongs to; None outside GitHub Actions."""
    found = {name: environ.get(name, "") for name in _SHAPES}
    if not all(re.fullmatch(shape, found[name], re.ASCII) for name, shape in _SHAPES.items()):
        return None
    repository = f"{found['GITHUB_SERVER_URL']}/{found['GITHUB_REPOSITORY']}"
    return ActionsRun(repository, found["GITHUB_RUN_ID"])
