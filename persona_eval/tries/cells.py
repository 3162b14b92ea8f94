"""Which variants of a recipe, as they are typed: a grid of values, or single cells."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from persona_eval.errors import SuiteError, TrainingError
from persona_eval.suite.yaml import read_yaml

Changes = dict[str, Any]
"""New values by the dotted keys of a recipe."""

NEXT_KEY = re.compile(r"\s+(?=[\w.]+=)")


def grid(written: Sequence[str]) -> list[Changes]:
    """Every combination of the values of `KEY=V1,V2`; those of the last key change fastest.
    Raises TrainingError for what cannot be read."""
    axes: dict[str, list[Any]] = {}
    for text in written:
        key, values = _axis("--with", text)
        if key in axes:
            raise TrainingError(f"--with {key} stands twice: give its values at once, {key}=V1,V2")
        axes[key] = values
    return [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]


def single(written: str) -> Changes:
    """The changes of `KEY=VALUE KEY=VALUE`; none in an empty text. Raises TrainingError."""
    changes: Changes = {}
    for text in NEXT_KEY.split(written.strip()) if written.strip() else ():
        key, values = _axis("--cell", text)
        if len(values) > 1:
            raise TrainingError(
                f"--cell {text}: a cell has one value a key. For several use --with {text}, or put "
                f"a list in brackets: {key}=[...]"
            )
        if key in changes:
            raise TrainingError(f"--cell {written}: {key} stands twice")
        changes[key] = values[0]
    return changes


def _axis(option: str, text: str) -> tuple[str, list[Any]]:
    key, equals, values = text.partition("=")
    if not (key.strip() and equals):
        raise TrainingError(f"{option} {text}: expected KEY=VALUE, such as {option} lora.rank=8")
    return key.strip(), _values(f"{option} {text}", values)


def _values(where: str, text: str) -> list[Any]:
    """What stands between the brackets of a YAML list, by the rules of suites and recipes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "values.yaml"
        path.write_text(f"[{text}]", encoding="utf-8", errors="surrogateescape")
        try:
            document = read_yaml(path)
        except SuiteError as error:
            raise TrainingError(f"{where}: {error.problems[0].message}") from None
    if document.problems:
        raise TrainingError(f"{where}: {document.problems[0].message}")
    if not isinstance(document.data, list) or not document.data:
        raise TrainingError(f"{where}: expected a value, or several with commas between")
    return document.data
