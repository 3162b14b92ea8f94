"""Recipes as files: every problem at once, with its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from persona_eval.errors import DataError, Problem, SuiteError
from persona_eval.suite.suggest import did_you_mean
from persona_eval.training.recipe import Recipe

if TYPE_CHECKING:
    from persona_eval.suite.yaml import Document, KeyPath


def load_recipe(path: Path) -> Recipe:
    """Read a recipe. Raises DataError with all of the file's problems."""
    from persona_eval.suite.yaml import read_yaml

    try:
        document = read_yaml(path)
    except SuiteError as error:
        raise DataError(error.problems) from None
    if not isinstance(document.data, dict):
        message = "a recipe is a mapping, such as `base: gemma3-270m` and `select: last`"
        raise DataError([*document.problems, Problem(path, 0, 0, "", message)])
    try:
        recipe = Recipe.model_validate(document.data)
    except ValidationError as error:
        raise DataError([*document.problems, *_problems(document, error)]) from None
    if document.problems:
        raise DataError(document.problems)
    return recipe


def _problems(document: Document, error: ValidationError) -> Iterator[Problem]:
    for detail in error.errors(include_url=False):
        keys = tuple(detail["loc"])
        yield document.problem(keys, _message(keys, detail))


def _message(keys: KeyPath, detail: Any) -> str:
    if detail["type"] != "extra_forbidden":
        return str(detail["msg"]).removeprefix("Value error, ")
    return f"unknown key{did_you_mean(str(keys[-1]), _fields(keys[:-1]))}"


def _fields(keys: KeyPath) -> Sequence[str]:
    """Keys that are allowed inside this part of a recipe."""
    model: type[BaseModel] = Recipe
    for key in keys:
        kind = model.model_fields[str(key)].annotation
        model = next(each for each in (kind, *get_args(kind)) if _is_model(each))
    return tuple(model.model_fields)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
