"""Errors that say where and what."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval import errors
from persona_eval.errors import PersonaEvalError, Problem, ProblemsError, SuiteError

A, B = Path("a.yaml"), Path("b.yaml")


def test_a_problem_names_its_place_and_key() -> None:
    assert str(Problem(A, 3, 5, "cases[0].id", "is missing")) == (
        "a.yaml:3:5: cases[0].id: is missing"
    )


def test_a_problem_of_a_whole_file_has_no_line() -> None:
    assert str(Problem(A, 0, 0, "", "is empty")) == "a.yaml: is empty"


def test_problems_are_reported_together_in_the_order_of_the_files() -> None:
    late, early, other = (
        Problem(A, 9, 1, "", "late"),
        Problem(A, 2, 1, "", "early"),
        Problem(B, 1, 1, "", "other"),
    )
    error = SuiteError([other, late, early])
    assert error.problems == (early, late, other)
    assert str(error).splitlines() == ["a.yaml:2:1: early", "a.yaml:9:1: late", "b.yaml:1:1: other"]


@pytest.mark.parametrize("name", [name for name in vars(errors) if name.endswith("Error")])
def test_one_class_catches_all(name: str) -> None:
    assert issubclass(getattr(errors, name), PersonaEvalError)


def test_problems_have_two_kinds() -> None:
    assert issubclass(errors.SuiteError, ProblemsError)
    assert issubclass(errors.DataError, ProblemsError)
