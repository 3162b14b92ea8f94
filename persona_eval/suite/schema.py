"""JSON Schema of suites and character cards, for editors: made from the models that check them.

Draft 7, which all YAML language servers know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from persona_eval.suite.expectations import COMBINATORS
from persona_eval.suite.vocabulary import Vocabulary
from persona_eval.suite.written import WrittenExpectation, WrittenPersona, WrittenSuite

_DIALECT = "http://json-schema.org/draft-07/schema#"
_EXPECTATION = WrittenExpectation.__name__
_ITEM = {"$ref": f"#/$defs/{_EXPECTATION}"}
_ITEMS = {"type": "array", "minItems": 1, "items": _ITEM}
_COMBINED = {
    "all_of": _ITEMS | {"description": "Passes when all of these pass."},
    "any_of": _ITEMS | {"description": "Passes when one of these passes, or several."},
    "not": {"allOf": [_ITEM], "description": "Passes when this one expectation fails."},
}


class _Generator(GenerateJsonSchema):
    """Without titles made of field names, which editors would show beside the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def suite_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """Schema of `*.suite.yaml`, with the expectations of this vocabulary."""
    schema = _schema(WrittenSuite, "A suite of cases for one character")
    schema["$defs"][_EXPECTATION] = _expectation_schema(vocabulary, schema["$defs"])
    return schema


def persona_schema() -> dict[str, Any]:
    """Schema of the character card."""
    return _schema(WrittenPersona, "A character card")


def write_schemas(folder: Path, vocabulary: Vocabulary) -> tuple[Path, Path]:
    """Write suite.schema.json and persona.schema.json, and return their paths."""
    schemas = {"suite": suite_schema(vocabulary), "persona": persona_schema()}
    paths = {name: folder / f"{name}.schema.json" for name in schemas}
    for name, schema in schemas.items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        paths[name].write_text(text, encoding="utf-8", newline="\n")
    return paths["suite"], paths["persona"]


def _schema(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema: dict[str, Any] = _tidy(model.model_json_schema(schema_generator=_Generator))
    for definition in schema["$defs"].values():
        definition.pop("title", None)
    return {"$schema": _DIALECT} | schema | {"title": title}


def _tidy(value: Any) -> Any:
    """Descriptions on one line, and no defaults that say only that a key may be left out."""
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if not isinstance(value, dict):
        return value
    default = value.get("default")
    kept = {k: v for k, v in value.items() if k != "default" or _is_telling(default)}
    tidy = {key: _tidy(part) for key, part in kept.items()}
    if isinstance(tidy.get("description"), str):
        tidy["description"] = " ".join(tidy["description"].split())
    return tidy


def _is_telling(default: Any) -> bool:
    return isinstance(default, bool | int | float) or (isinstance(default, str) and bool(default))


def _expectation_schema(vocabulary: Vocabulary, definitions: dict[str, Any]) -> dict[str, Any]:
    """A bare name or a one-key mapping. Definitions of the arguments join ``definitions``."""
    written = vocabulary.schema()
    arguments = {name: _argument(name, written, definitions) for name in vocabulary.names()}
    bare = [
        {"const": name} | _described(schema)
        for name, schema in arguments.items()
        if _may_be_bare(schema)
    ]
    one_key = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": arguments | {name: _COMBINED[name] for name in COMBINATORS},
    }
    description = "What a reply must meet: a bare name, or a one-key mapping to its argument."
    return {"description": description, "anyOf": [*bare, one_key]}


def _argument(name: str, written: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """An argument's schema, its own `$defs` moved to the root under `name.`."""
    schema = dict(written.get(name, {}))
    inner = schema.pop("$defs", {})
    for key, part in sorted(inner.items()):
        definitions[f"{name}.{key}"] = _moved(part, name)
    moved: dict[str, Any] = _moved(schema, name)
    return moved


def _moved(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_moved(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: part.replace("#/$defs/", f"#/$defs/{name}.", 1)
        if key == "$ref" and isinstance(part, str)
        else _moved(part, name)
        for key, part in value.items()
    }


def _described(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"description": schema["description"]} if "description" in schema else {}


def _may_be_bare(schema: Mapping[str, Any]) -> bool:
    """Whether the name alone is enough: one form of the argument is null."""
    forms = [schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())]
    types = [form.get("type") for form in forms]
    return any("null" in kind if isinstance(kind, list) else kind == "null" for kind in types)
