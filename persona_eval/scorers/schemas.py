"""JSON Schema of what may stand after an expectation's name."""

from __future__ import annotations

from inspect import getdoc
from typing import Any

from persona_eval.scorers.base import Scorer

_NULL = {"type": "null"}
_MAPPING = {"type": "object"}
_PLAIN = ("boolean", "integer", "number", "string")
_SAID_ELSEWHERE = ("default", "description", "examples", "title")


def argument_schema(found: type[Scorer]) -> dict[str, Any]:
    """The short form, the mapping of options, and null where the bare name is enough."""
    options = found.model_json_schema()
    definitions = options.pop("$defs", None)
    short = _short_forms(found, options)
    forms = _besides_a_bare_name(short, options) if may_be_bare(found) else _needed(short, options)
    described = {"description": " ".join((getdoc(found) or found.name).split())}
    return forms | described | ({"$defs": definitions} if definitions else {})


def may_be_bare(found: type[Scorer]) -> bool:
    """Whether the name alone is enough."""
    try:
        found.from_argument(None)
    except (ValueError, TypeError):
        return False
    return True


def _besides_a_bare_name(short: list[dict[str, Any]], options: dict[str, Any]) -> dict[str, Any]:
    """Everything at once, mappings first: as a key the name is then completed with a line for
    its options, and stays apart from the bare name."""
    if not options["properties"] and not short:
        return {"type": ["object", "null"], "maxProperties": 0}
    if len(short) == 1 and _is_plain(short[0]):
        return options | short[0] | {"type": ["object", short[0]["type"], "null"]}
    every = ["object", "array", "string", "number", "boolean", "null"]
    forms = {"anyOf": [*short, _MAPPING, _NULL]} if short else {}
    return options | forms | {"type": every if short else ["object", "null"]}


def _is_plain(form: dict[str, Any]) -> bool:
    """Whether what is said of this form says nothing of values of other types."""
    return form.get("type") in _PLAIN and form.keys().isdisjoint({"const", "enum"})


def _needed(short: list[dict[str, Any]], options: dict[str, Any]) -> dict[str, Any]:
    """The short form comes first. What is wrong with an option is told only where the mapping
    is no form of `anyOf`."""
    options = options | {"minProperties": 1}
    return {"anyOf": [*short, _MAPPING], "if": _MAPPING, "then": options} if short else options


def _short_forms(found: type[Scorer], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Without a description: beside the scorer's own, editors would show it instead."""
    if found.short is not None:
        short = options["properties"][found.short]
        plain = {key: part for key, part in short.items() if key not in _SAID_ELSEWHERE}
        forms = plain["anyOf"] if set(plain) == {"anyOf"} else [plain]
        return [form for form in forms if form != _NULL]
    # A class with a `from_argument` of its own reads other short forms: a number, mostly.
    own = getattr(found.from_argument, "__func__", None)
    return [{"type": ["number", "string"]}] if own is not Scorer.from_argument.__func__ else []  # type: ignore[attr-defined]
