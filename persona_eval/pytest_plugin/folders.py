"""Characters: the suites of a folder, their gate, and what was accepted of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from persona_eval.baseline import Baseline, read_baseline
from persona_eval.errors import BaselineError, PersonaEvalError, Problem
from persona_eval.feasibility import impossible, unknown_names
from persona_eval.identity import place_of
from persona_eval.models.base import Model
from persona_eval.pytest_plugin.options import is_suite
from persona_eval.standings import removed_standing
from persona_eval.suite.models import Case, Suite
from persona_eval.suite.policy import GatePolicy, policy_of, project_policy

FOLDERS = pytest.StashKey[dict[Path, "Folder"]]()


@dataclass(frozen=True)
class Folder:
    """The suites of one folder, as they were collected."""

    path: Path
    suites: tuple[Suite, ...]
    policy: GatePolicy
    baseline: Baseline | None
    others: tuple[str, ...] = ()
    """Names of its suite files that this session does not look at."""

    @property
    def cases(self) -> Iterator[tuple[Suite, Case]]:
        """All cases that are not skipped."""
        return ((suite, case) for suite in self.suites for case in suite.cases if not case.skip)

    def removed(self, engine: str) -> Iterator[dict[str, Any]]:
        """Standings of accepted cases that are there no more, or are skipped, as plain data. Of a
        file that was not collected nothing is known, unless it is gone."""
        section = self.baseline.section(engine) if self.baseline else None
        if self.baseline is None or section is None:
            return
        files: dict[str, set[str]] = {suite.path.name: set() for suite in self.suites}
        for suite, case in self.cases:
            files[suite.path.name].add(case.id)
        for name, accepted in section.cases.items():
            file, _, case_id = name.partition("::")
            if (self.path / file).exists() and case_id in files.get(file, {case_id}):
                continue
            replies = self.baseline.replies[engine, name]
            key = f"{self.path.name}/{name}"
            yield removed_standing(key, accepted, replies).to_json()

    def to_json(self, engine: str) -> dict[str, Any]:
        """What the end of the session must know, which may be in another process."""
        section = self.baseline.section(engine) if self.baseline else None
        return {
            "folder": self.path.name,
            "persona": self.suites[0].persona.name,
            "policy": self.policy.model_dump(),
            "cases": {f"{place_of(suite.path)}::{c.id}": c.category for suite, c in self.cases},
            "baseline": section and section.model_dump(mode="json", exclude={"cases"}),
            "engines": sorted(self.baseline.file.engines) if self.baseline else [],
            "removed": list(self.removed(engine)),
            "others": list(self.others),
        }


def gather(config: pytest.Config, suites: Mapping[Path, Suite]) -> dict[Path, Folder]:
    """The folders of these suites. Raises SuiteError and BaselineError for what is wrong with
    policies and baselines, and where two suites could not be told apart."""
    _tell_apart({path.parent for path in suites})
    project = project_policy(config.rootpath / "pyproject.toml")
    found = {}
    for path in dict.fromkeys(path.parent for path in suites):
        here = tuple(suite for suite in suites.values() if suite.path.parent == path)
        baseline = None if config.getoption("persona_no_baseline") else read_baseline(path)
        others = [file for file in path.iterdir() if is_suite(config, file) and file not in suites]
        names = tuple(sorted(file.name for file in others))
        found[path] = Folder(path, here, policy_of(here, project), baseline, names)
    return found


def _tell_apart(folders: Iterable[Path]) -> None:
    """A character is known by the name of its folder, wherever the project lies."""
    seen: dict[str, Path] = {}
    for folder in sorted(folders):
        other = seen.setdefault(folder.resolve().name, folder)
        if other != folder:
            raise PersonaEvalError(
                f"{other} and {folder} have the same name, by which runs and baselines tell "
                "characters apart: rename one of them"
            )


def refuse_impossible(folders: Iterable[Folder], chosen: set[tuple[Path, str]]) -> None:
    """Raise UsageError for a policy that no run of these cases could satisfy. Where some cases
    are left out, floors and margin are not applied."""
    for folder in folders:
        cases = list(folder.cases)
        if folder.others or not all((suite.path, case.id) in chosen for suite, case in cases):
            continue
        known = {name for s in _sections(folder) for name in s.cases}
        counted = [(c.category, f"{suite.path.name}::{c.id}" in known) for suite, c in cases]
        unknown = unknown_names(folder.policy, (case for _, case in cases))
        if why := [*impossible(folder.policy, counted), *unknown]:
            raise pytest.UsageError(
                f"the gate of {folder.path} cannot be as it is written:\n  " + "\n  ".join(why)
            )


def _sections(folder: Folder) -> Sequence[Any]:
    return list(folder.baseline.file.engines.values()) if folder.baseline else []


def require_same_model(folders: Iterable[Folder], model: Model) -> None:
    """Raise BaselineError where a baseline is of another base model."""
    problems = []
    for folder in folders:
        section = folder.baseline.section(model.engine) if folder.baseline else None
        if section and section.model.fingerprint != model.fingerprint:
            problems.append(
                Problem(
                    folder.path / "baseline.json", 0, 0, f"engines.{model.engine}.model",
                    f"is {section.model.name} ({section.model.fingerprint[:8]}), this run uses "
                    f"{model.name} ({model.fingerprint[:8]}): runs of two models are not compared. "
                    "Run with the model of the baseline (--persona-model), run without a comparison "
                    "(--persona-no-baseline), or accept a run of the new model (persona-eval "
                    "accept --force)",
                )
            )  # fmt: skip
    if problems:
        raise BaselineError(problems)
