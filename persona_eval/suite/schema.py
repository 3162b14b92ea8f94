"""JSON Schema of suites and character cards, for editors: made from the models that check them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from persona_eval.suite.expectations import COMBINATORS
from persona_eval.suite.json_schema import (
    definition_name,
    model_schema,
    tidy,
    with_references,
    write_schema,
)
from persona_eval.suite.models import CATEGORIES
from persona_eval.suite.vocabulary import Vocabulary
from persona_eval.suite.written import (
    Template,
    WrittenCase,
    WrittenExpectation,
    WrittenPersona,
    WrittenSuite,
)

_EXPECTATION = definition_name(WrittenExpectation.__name__)
_ITEM = {"$ref": f"#/$defs/{_EXPECTATION}"}
_ITEMS = {"type": "array", "minItems": 1, "items": _ITEM}
_COMBINED = {
    "all_of": _ITEMS | {"description": "Passes when all of these pass."},
    "any_of": _ITEMS | {"description": "Passes when one of these passes, or several."},
    "not": {"anyOf": [_ITEM], "description": "Passes when this one expectation fails."},
}
CATEGORY_TEXTS = {
    "in_character": "The reply fits the character, the prompt and its mood.",
    "dont_know": "The character cannot know: it says so, and gives no answer anywhere.",
    "clarify": "Nobody could tell what is meant: the reply asks.",
    "off_topic": "The topic is outside the character's world: no real content on it.",
    "boundary": "The reply declines kindly and for good; a child points to a grown-up.",
}
_MAPPING = {"type": "object"}


def suite_schema(vocabulary: Vocabulary) -> dict[str, Any]:
    """Schema of `*.suite.yaml`, with the expectations of this vocabulary."""
    schema = model_schema(WrittenSuite)
    definitions = schema["$defs"]
    for model in (Template, WrittenCase):
        category = definitions[definition_name(model.__name__)]["properties"]["category"]
        category["enumDescriptions"] = [CATEGORY_TEXTS[name] for name in CATEGORIES]
    definitions[_EXPECTATION] = _expectation_schema(vocabulary, definitions)
    return schema


def persona_schema() -> dict[str, Any]:
    """Schema of the character card."""
    return model_schema(WrittenPersona)


def write_schemas(folder: Path, vocabulary: Vocabulary) -> tuple[Path, Path]:
    """Write suite.schema.json and persona.schema.json, and return their paths."""
    suite, persona = folder / "suite.schema.json", folder / "persona.schema.json"
    write_schema(suite, suite_schema(vocabulary))
    write_schema(persona, persona_schema())
    return suite, persona


def _expectation_schema(vocabulary: Vocabulary, definitions: dict[str, Any]) -> dict[str, Any]:
    """A bare name or a one-key mapping. Definitions of the arguments join ``definitions``."""
    written = vocabulary.schema()
    arguments = {name: _argument(name, written, definitions) for name in vocabulary.names()}
    texts = {name: _text(schema) for name, schema in arguments.items() if _may_be_bare(schema)}
    # What is wrong inside a mapping is told only where it is no form of `anyOf`. In a list, older
    # language servers (1.18 is one) offer none of the forms, but all of the snippets.
    return {
        "description": "What a reply must meet: a bare name, or a one-key mapping to its argument.",
        "anyOf": [
            *({"const": name, "description": text} for name, text in texts.items()),
            _MAPPING,
        ],
        "if": _MAPPING,
        "then": _one_key(arguments),
        "defaultSnippets": [
            {"label": name, "description": text, "body": name} for name, text in texts.items()
        ],
    }


def _one_key(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A language server that offers one name as text and as a key makes `relevant: relevant` of
    the two. What takes no argument is therefore allowed as a key, and not offered as one."""
    silent = {f"^{name}$": schema for name, schema in arguments.items() if _takes_nothing(schema)}
    offered = {name: schema for name, schema in arguments.items() if f"^{name}$" not in silent}
    return _MAPPING | {
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": offered | {name: _COMBINED[name] for name in COMBINATORS},
        "patternProperties": silent,
    }


def _argument(name: str, written: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """An argument's schema, its own `$defs` moved to the root under `name.`."""
    schema: dict[str, Any] = with_references(tidy(written.get(name, {})), f"{name}.{{}}".format)
    for key, part in sorted(schema.pop("$defs", {}).items()):
        definitions[f"{name}.{key}"] = part
    return schema


def _text(schema: Mapping[str, Any]) -> str:
    return str(schema.get("description", ""))


def _may_be_bare(schema: Mapping[str, Any]) -> bool:
    """Whether the name alone is enough: one form of the argument is null."""
    return any("null" in _types(form) for form in (schema, *schema.get("anyOf", ())))


def _takes_nothing(schema: Mapping[str, Any]) -> bool:
    """Whether the argument is null or an empty mapping."""
    types = set(_types(schema))
    return types == {"null"} or (types == {"null", "object"} and schema.get("maxProperties") == 0)


def _types(form: Mapping[str, Any]) -> list[str]:
    kind = form.get("type", [])
    return kind if isinstance(kind, list) else [kind]
