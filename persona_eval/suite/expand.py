"""One case with `vars` becomes a case for each combination of their values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any

from persona_eval.suite.layers import Entry, Layer
from persona_eval.suite.suggest import did_you_mean
from persona_eval.suite.yaml import KeyPath

FILLED = ("prompt", "paraphrases", "turns", "drift", "good", "bad", "never", "expect")
MAX_COMBINATIONS = 1000
_SLUG_LENGTH = 40

# `{{name}}` is a literal, and the braces of a regex escape such as `\p{Lu}` are its own.
_PLACEHOLDER = re.compile(
    r"(?<!\\[A-Za-z])(?:\{\{(?P<literal>[A-Za-z_]\w*)\}\}|\{(?P<name>[A-Za-z_]\w*)\})"
)


def variable_problems(case: Layer) -> Iterator[tuple[KeyPath, str]]:
    """What is wrong with the variables of a case and their use."""
    if "vars" not in case:
        return
    variables = case["vars"]
    combinations = math.prod(map(len, variables.value.values()))
    if combinations > MAX_COMBINATIONS:
        yield variables.keys, f"{combinations:,} combinations; {MAX_COMBINATIONS:,} are allowed"
    used = {}
    for keys, text in _texts(case):
        used.update({name: keys for name in _names(text) if name not in used})
    yield from _unmatched(variables, used)
    yield from _repeated(variables)


def _unmatched(variables: Entry, used: Mapping[str, KeyPath]) -> Iterator[tuple[KeyPath, str]]:
    known = list(variables.value)
    for name, keys in used.items():
        if name not in known:
            mend = did_you_mean(name, known) + f". To say it as it is, write `{{{{{name}}}}}`"
            yield keys, f"`{{{name}}}` is not in `vars`" + mend
    for name in known:
        if name not in used:
            yield (*variables.keys, name), f"is never used: write `{{{name}}}` where it goes"


def _repeated(variables: Entry) -> Iterator[tuple[KeyPath, str]]:
    for name, values in variables.value.items():
        texts = list(map(str, values))
        for index, text in enumerate(texts):
            if text in texts[:index]:
                yield (*variables.keys, name, index), f"`{text}` is listed twice: keep one"


def expansions(case_id: str, case: Layer) -> Iterator[tuple[str, Layer]]:
    """Each case that a written case stands for, with its id; itself when it has no `vars`.

    An id is made of the values, `base-value-value`; a value without a letter or digit of
    a-z, 0-9 counts by its position, and what is still the same gets `-2`, `-3`, …
    """
    if "vars" not in case:
        yield case_id, case
        return
    taken: set[str] = set()
    names = list(case["vars"].value)
    choices = [list(enumerate(map(str, values), 1)) for values in case["vars"].value.values()]
    for picked in islice(product(*choices), MAX_COMBINATIONS):
        slugs = (slug(text) or str(position) for position, text in picked)
        name = _free("-".join([case_id, *slugs]), taken)
        taken.add(name)
        yield name, _filled(case, dict(zip(names, (text for _, text in picked), strict=True)))


def slug(text: str) -> str:
    """Text as a part of an id: a-z, 0-9 and single hyphens, 40 characters at most."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_SLUG_LENGTH].rstrip("-")


def _free(name: str, taken: set[str]) -> str:
    number = 1
    candidate = name
    while candidate in taken:
        number += 1
        candidate = f"{name}-{number}"
    return candidate


def _names(text: str) -> list[str]:
    return [match["name"] for match in _PLACEHOLDER.finditer(text) if match["name"]]


def _texts(case: Layer) -> Iterator[tuple[KeyPath, str]]:
    for key in FILLED:
        if key in case:
            yield from _texts_in(case[key].value, case[key].keys)


def _texts_in(value: Any, keys: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield keys, value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _texts_in(part, (*keys, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _texts_in(part, (*keys, index))


def _filled(case: Layer, values: Mapping[str, str]) -> Layer:
    return {
        key: Entry(entry.keys, _fill(entry.value, values)) if key in FILLED else entry
        for key, entry in case.items()
    }


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: _filling(match, values), value)
    if isinstance(value, dict):
        return {key: _fill(part, values) for key, part in value.items()}
    return [_fill(part, values) for part in value] if isinstance(value, list) else value


def _filling(match: re.Match[str], values: Mapping[str, str]) -> str:
    if match["literal"]:
        return f"{{{match['literal']}}}"
    return values.get(match["name"], match[0])
