"""JSON Schema of what may stand after an expectation's name."""

from __future__ import annotations

from inspect import getdoc
from typing import Any

from persona_eval.scorers.base import Scorer


def argument_schema(found: type[Scorer]) -> dict[str, Any]:
    """The short form, the mapping of options, and null where the bare name is enough."""
    options = found.model_json_schema()
    definitions = options.pop("$defs", None)
    options.pop("description", None)
    bare = [{"type": "null"}] if may_be_bare(found) else []
    if not bare:
        options["minProperties"] = 1
    schema = {
        "description": " ".join((getdoc(found) or found.name).split()),
        "anyOf": [*_short_forms(found, options), options, *bare],
    }
    return schema | ({"$defs": definitions} if definitions else {})


def may_be_bare(found: type[Scorer]) -> bool:
    """Whether the name alone is enough."""
    try:
        found.from_argument(None)
    except (ValueError, TypeError):
        return False
    return True


def _short_forms(found: type[Scorer], options: dict[str, Any]) -> list[Any]:
    if found.short is not None:
        short = options["properties"][found.short]
        return [{key: part for key, part in short.items() if key not in ("default", "title")}]
    # A class with a `from_argument` of its own reads other short forms: a number, mostly.
    own = getattr(found.from_argument, "__func__", None)
    return [{"type": ["number", "string"]}] if own is not Scorer.from_argument.__func__ else []  # type: ignore[attr-defined]
