"""What pydantic finds wrong with data as written, in words that help."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from persona_eval.suite.suggest import did_you_mean
from persona_eval.suite.yaml import KeyPath

# Parts of pydantic's paths that are no keys: members of a union, and a mapping's key as such.
_LABELS = ("<text>", "<from>", "<number>", "<auto>", "<range>", "[key]")
_QUOTES = "; if it is meant as text, put it in quotes"
_MESSAGES = {
    "string_type": "must be text, not {found}{quotes}",
    "int_type": "must be a whole number, not {found}",
    "int_from_float": "must be a whole number, not {found}",
    "float_type": "must be a number, not {found}",
    "bool_type": "must be true or false, not {found}",
    "tuple_type": "must be a list (`[a, b]`, or lines that start with `- `), not {found}",
    "model_type": "must be a mapping (`key: value`), not {found}",
    "dict_type": "must be a mapping (`key: value`), not {found}",
    "greater_than": "must be above {gt:g}, not {found}",
    "greater_than_equal": "must be {ge:g} or more, not {found}",
    "less_than": "must be below {lt:g}, not {found}",
    "less_than_equal": "must be {le:g} or less, not {found}",
    "too_short": "is empty: fill it, or leave the key out",
    "string_too_short": "is empty: fill it, or take it out",
    "value_error": "{error}",
}
_PATTERNS = {
    r"\S": "is empty: fill it, or take it out",
    r"^[a-z0-9-]+$": "{found} may hold only a-z, 0-9 and hyphens, such as `my-case-1`",
    r"^[A-Za-z0-9][A-Za-z0-9_-]*$": "{found} must be letters (a-z, A-Z), digits, `_` and `-`, "
    "and start with a letter or digit: it becomes a pytest marker",
    r"^[A-Za-z_][A-Za-z0-9_]*$": "{found} must be letters (a-z, A-Z), digits and `_`, and not "
    "start with a digit",
}


def complaints(model: type[BaseModel], data: Any) -> Iterator[tuple[KeyPath, str]]:
    """Key path and message of everything in plain data that the model refuses. Types are
    strict, as in JSON: the text ``yes`` is no boolean, and ``3.0`` no whole number."""
    try:
        model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            if not _is_echo(detail):
                keys = tuple(key for key in detail["loc"] if key not in _LABELS)
                yield keys, _message(model, keys, detail)


def _is_echo(detail: ErrorDetails) -> bool:
    """A list counts as too short when all its items were refused: that was said before."""
    return detail["type"] == "too_short" and bool(detail["input"])


def _message(model: type[BaseModel], keys: KeyPath, detail: ErrorDetails) -> str:
    kind, given, context = detail["type"], detail["input"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return "unknown key" + did_you_mean(str(keys[-1]), _keys_at(model, keys[:-1]))
    if kind == "literal_error":
        return f"{shown(given)} is not known here" + did_you_mean(str(given), _values(model, keys))
    if kind == "missing":
        return "is missing" + _explained(model, keys)
    template = _PATTERNS.get(context.get("pattern", "")) or _MESSAGES.get(kind)
    quotes = _QUOTES if isinstance(given, int | float) else ""
    if template is None:
        return detail["msg"]
    return template.format(**context, found=shown(given), quotes=quotes)


def _keys_at(model: type[BaseModel], keys: KeyPath) -> list[str]:
    return [name for part in _parts_at(model, keys) if _is_model(part) for name in _fields(part)]


def _values(model: type[BaseModel], keys: KeyPath) -> list[str]:
    literals = (part for part in _parts_at(model, keys) if get_origin(part) is Literal)
    return [str(value) for part in literals for value in get_args(part)]


def _explained(model: type[BaseModel], keys: KeyPath) -> str:
    owner = next(part for part in _parts_at(model, keys[:-1]) if _is_model(part))
    text = " ".join((_fields(owner)[str(keys[-1])].description or "").split())
    return f": {text[:1].lower()}{text[1:]}" if text else ""


def _parts_at(model: type[BaseModel], keys: KeyPath) -> list[Any]:
    """The types that are allowed at a key path, unions taken apart."""
    parts: list[Any] = [model]
    for key in keys:
        parts = [inner for part in parts for inner in _step(part, key)]
    return parts


def _step(part: Any, key: str | int) -> list[Any]:
    if _is_model(part):
        field = _fields(part).get(str(key))
        return _parts(field.annotation) if field else []
    arguments = get_args(part)
    if get_origin(part) is dict:
        return _parts(arguments[1])
    return _parts(arguments[0]) if get_origin(part) is tuple else []


def _parts(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _parts(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [inner for part in get_args(annotation) for inner in _parts(part)]
    return [annotation]


def _is_model(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Fields by the names that are written in YAML."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def shown(value: Any) -> str:
    """A value as messages show it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"`{value if len(value) <= 40 else value[:37] + '...'}`"
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a list" if isinstance(value, Sequence) else "a mapping"
