"""JSON Schemas made from models, in the form that editors make the most of.

Draft 7, which all YAML language servers know.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

_DIALECT = "http://json-schema.org/draft-07/schema#"
_DEFINITIONS = "#/$defs/"
_MAPS = ("$defs", "properties", "patternProperties")
"""Keywords whose keys are names of one's own, and no keywords."""
_VALUES = ("const", "default", "enum", "examples")
"""Keywords that hold values, and no schemas."""


class _Generator(GenerateJsonSchema):
    """Without titles made of field names, which editors would show beside the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def model_schema(model: type[BaseModel]) -> dict[str, Any]:
    """Schema of a file that is read into this model. It has no title: a language server would
    put it over every hover text, and offer it among the keys."""
    schema = tidy(model.model_json_schema(schema_generator=_Generator))
    definitions = schema.pop("$defs", {})
    for name in _forms(schema) | _forms(definitions):
        definitions[name].pop("description", None)  # else shown in place of the key's own
    schema["$defs"] = {definition_name(name): part for name, part in definitions.items()}
    assert len(schema["$defs"]) == len(definitions), f"one name twice in {list(definitions)}"
    named: dict[str, Any] = with_references(schema, definition_name)
    return {"$schema": _DIALECT} | named


def _forms(value: Any) -> set[str]:
    """Names of the definitions that are one form of a value among others."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    forms = value.get("anyOf", ()) if isinstance(value, dict) else ()
    own = {form["$ref"].removeprefix(_DEFINITIONS) for form in forms if "$ref" in form}
    return own.union(*map(_forms, parts))


def definition_name(name: str) -> str:
    """A model's name as messages show it: `WrittenTurn` is a `turn`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.removeprefix("Written")).lower()


def with_references(value: Any, renamed: Callable[[str], str]) -> Any:
    """The same, with its references pointing to renamed definitions."""
    if isinstance(value, list):
        return [with_references(item, renamed) for item in value]
    if not isinstance(value, dict):
        return value
    parts = {key: with_references(part, renamed) for key, part in value.items()}
    if isinstance(name := value.get("$ref"), str):
        parts["$ref"] = _DEFINITIONS + renamed(name.removeprefix(_DEFINITIONS))
    return parts


def write_schema(path: Path, schema: Mapping[str, Any]) -> None:
    """Write a schema, the same bytes each time, all of it or nothing."""
    text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".partial")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.replace(beside, path)


def tidy(schema: Any) -> Any:
    """A schema with descriptions on one line, without titles, with defaults in words, since a
    language server writes every `default` into each mapping that it begins, and with `anyOf` for
    `oneOf`: the forms of a value differ by type, and after `oneOf` a key is inserted without its
    colon."""
    if isinstance(schema, list):
        return [tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {
        "anyOf" if key == "oneOf" else key: _tidied(key, part)
        for key, part in schema.items()
        if key != "title"
    }
    default = parts.pop("default", None)
    return parts | _about(default, parts) if _is_telling(default) else parts


def _tidied(keyword: str, part: Any) -> Any:
    if keyword in _MAPS:
        return {name: tidy(schema) for name, schema in part.items()}
    if keyword == "description":
        return " ".join(part.split())
    return part if keyword in _VALUES else tidy(part)


def _is_telling(default: Any) -> bool:
    """Whether a default says more than that the key may be left out."""
    return bool(default) if isinstance(default, bool | str) else isinstance(default, int | float)


def _about(default: Any, schema: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of a default: a figure is an example besides, from which typing begins."""
    value = default if isinstance(default, str) else json.dumps(default)
    said = f"{schema.get('description', '')} Default: {value}.".strip()
    listed = isinstance(default, bool) or "enum" in schema or "const" in schema
    return {"description": said} | ({} if listed else {"examples": [default]})
