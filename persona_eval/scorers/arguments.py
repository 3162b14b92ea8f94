"""Kinds of argument that several expectations share, each with the mend in its refusal."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from persona_eval.text import fold


def _as_list(value: Any) -> Any:
    """One text is a list of one; whole numbers are taken as written."""
    items = list(value) if isinstance(value, (list, tuple)) else [value]
    return tuple(_as_text(item) for item in items)


def _as_text(item: Any) -> Any:
    if isinstance(item, bool) or item is None or isinstance(item, float):
        raise ValueError(f"{item!r} is not text: put it in quotes")
    return str(item) if isinstance(item, int) else item


def _not_vacuous(texts: tuple[str, ...]) -> tuple[str, ...]:
    if not texts:
        raise ValueError("the list is empty, so this could never fail: name at least one text")
    if any(not fold(text) for text in texts):
        raise ValueError("an empty text stands in every reply: take it out or write one")
    return texts


_TEXTS_SCHEMA = {
    "anyOf": [
        {"type": "string", "minLength": 1},
        {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1},
    ]
}

Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(_as_list),
    AfterValidator(_not_vacuous),
    WithJsonSchema(_TEXTS_SCHEMA),
]
"""One text, or a list of them; never empty."""

Count = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""How many: zero or more."""

Figure = Annotated[float, Field(allow_inf_nan=False)]
"""Any ordinary number."""
