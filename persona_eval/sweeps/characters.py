"""What a sweep is run over: chosen cases of characters, each with its gate and its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from persona_eval.baseline import Baseline
from persona_eval.errors import BaselineError, Problem
from persona_eval.identity import place_of
from persona_eval.models.base import Model
from persona_eval.suite.card import Generation
from persona_eval.suite.models import Case, Suite
from persona_eval.suite.policy import GatePolicy
from persona_eval.sweeps.grid import Changes


@dataclass(frozen=True)
class Character:
    """The chosen cases of one folder of suites."""

    folder: Path
    policy: GatePolicy
    baseline: Baseline | None
    cases: tuple[tuple[Suite, Case], ...]
    left_out: frozenset[str] = frozenset()
    """Categories of which not all cases were chosen."""

    @property
    def name(self) -> str:
        return self.cases[0][0].persona.name

    @property
    def cards(self) -> list[Path]:
        """Files of its character cards."""
        return list(dict.fromkeys(suite.persona_path for suite, _ in self.cases))


def key_of(suite: Suite, case: Case) -> str:
    """Tells cases of a project apart."""
    return f"{place_of(suite.path)}::{case.id}"


def swept(case: Case, changes: Changes) -> Case:
    """The case with other settings, whoever had set them."""
    generation = case.generation.model_copy(update=dict(changes))
    return case.model_copy(update={"generation": generation})


def all_cases(characters: Iterable[Character]) -> Iterator[tuple[Suite, Case]]:
    return (pair for character in characters for pair in character.cases)


def generations(characters: Iterable[Character]) -> list[Generation]:
    """The settings that the cases have today, each once."""
    return list(dict.fromkeys(case.generation for _, case in all_cases(characters)))


def require_same_model(characters: Sequence[Character], model: Model) -> None:
    """Raise BaselineError where a baseline is of another base model."""
    problems = []
    for each in characters:
        section = each.baseline.section(model.engine) if each.baseline else None
        if section and section.model.fingerprint != model.fingerprint:
            message = (
                f"is {section.model.name} ({section.model.fingerprint[:8]}), this sweep uses "
                f"{model.name} ({model.fingerprint[:8]}): sweep with the model of the baseline, "
                "or without a comparison (--persona-no-baseline, --no-baseline)"
            )
            path = each.folder / "baseline.json"
            problems.append(Problem(path, 0, 0, f"engines.{model.engine}.model", message))
    if problems:
        raise BaselineError(problems)
