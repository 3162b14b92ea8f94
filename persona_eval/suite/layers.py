"""Defaults, templates and cases as layers of keys that remember where they were written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from persona_eval.suite.yaml import KeyPath

CONVERSATION = frozenset({"prompt", "turns"})
SAID = CONVERSATION | {"paraphrases"}
"""Keys of a template that a case with a conversation of its own does not take over."""
ADDED = ("never", "tags", "fixtures")
"""Lists of `defaults` that are added to a case's own. So is `expect`, which keeps its source."""


@dataclass(frozen=True)
class Entry:
    """A value as written, with its key path."""

    keys: KeyPath
    value: Any


Layer = dict[str, Entry]


def layer(raw: Any, keys: KeyPath, tainted: Collection[KeyPath]) -> Layer:
    """The keys of a mapping, without those that hold something wrong."""
    if not isinstance(raw, dict):
        return {}
    paths = {key: (*keys, key) for key in raw}
    return {key: Entry(path, raw[key]) for key, path in paths.items() if path not in tainted}


def use_template(template: Layer, case: Layer) -> Layer:
    """A case over its template: its own keys win, and its conversation replaces the other."""
    dropped = SAID if CONVERSATION & case.keys() else frozenset()
    return _over({key: template[key] for key in template.keys() - dropped}, case)


def use_defaults(defaults: Layer, case: Layer) -> Layer:
    """A case over the defaults of its file, all but their `expect`."""
    settings = _over({key: entry for key, entry in defaults.items() if key != "expect"}, case)
    for key in ADDED:
        if key in case and key in defaults:
            both = dict.fromkeys([*case[key].value, *defaults[key].value])
            settings[key] = Entry(case[key].keys, list(both))
    return settings


def use_card(generation: Mapping[str, Any], defaults: Layer) -> Layer:
    """Defaults of a file over what its character card says about generation."""
    if not generation:
        return defaults
    return _over({"generation": Entry(("persona",), dict(generation))}, defaults)


def _over(base: Layer, top: Layer) -> Layer:
    """All keys of both, the top's first; `generation` is merged key by key."""
    merged = base | top
    if "generation" in base and "generation" in top:
        both = base["generation"].value | top["generation"].value
        merged["generation"] = Entry(top["generation"].keys, both)
    return merged
