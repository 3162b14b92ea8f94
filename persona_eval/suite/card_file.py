"""Changes to a card's file that leave the rest of it, comments too, as it was written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from persona_eval.errors import Problem, SuiteError
from persona_eval.suite.load import load_persona


def write_limits(path: Path, limits: Mapping[str, float]) -> None:
    """Set the key `limits` of a card, as ``write_block`` does."""
    write_block(path, "limits", dict(sorted(limits.items())), "by persona-eval calibrate")


def write_generation(path: Path, settings: Mapping[str, Any]) -> None:
    """Set keys of the card's `generation`, and keep the others that are there. Raises like
    ``write_block``."""
    known = load_persona(path).generation
    before = known.model_dump(mode="json", exclude_unset=True) if known else {}
    write_block(path, "generation", {**before, **settings}, "by persona-eval accept --settings")


def write_block(path: Path, key: str, values: Mapping[str, Any], comment: str) -> None:
    """Set a key of a card to a mapping, in place of the one that is there or at the end. Raises
    SuiteError when the card cannot be read; then, and if the result could not be read, the file
    stays as it was."""
    load_persona(path)
    text = _changed(path.read_bytes().decode("utf-8-sig"), key, values, comment)
    beside = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        beside.write_bytes(text.encode())
        load_persona(beside)
        os.replace(beside, path)
    except SuiteError as error:
        raise SuiteError(replace(each, path=path) for each in error.problems) from None
    except OSError as error:
        raise SuiteError([Problem(path, 0, 0, "", f"cannot be written: {error}")]) from None
    finally:
        beside.unlink(missing_ok=True)


def _changed(text: str, key: str, values: Mapping[str, Any], comment: str) -> str:
    card = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(card, yaml.MappingNode), "a card that loads is a mapping"
    written = {name: _written(value) for name, value in values.items()}
    if card.flow_style:
        return _in_braces(text, card, key, written)
    lines = text.splitlines()
    start, end = _place(card, key, len(lines))
    block = [f"{key}:  # {comment}", *(f"  {name}: {value}" for name, value in written.items())]
    return "\n".join([*lines[:start], *block, *lines[end:]]) + "\n"


def _written(value: Any) -> str:
    """A value in YAML: a number, or a list of texts as JSON writes it."""
    return f"{value:.12g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _in_braces(text: str, card: yaml.MappingNode, key: str, written: Mapping[str, str]) -> str:
    """A card that is written in braces."""
    inner = ", ".join(f"{name}: {value}" for name, value in written.items())
    known = next((value for name, value in card.value if name.value == key), None)
    if known is not None:
        start, end = known.start_mark.index, known.end_mark.index
        return f"{text[:start]}{{{inner}}}{text[end:]}"
    end = card.end_mark.index - 1
    comma = "" if text[:end].rstrip().endswith((",", "{")) else ","
    return f"{text[:end]}{comma} {key}: {{{inner}}}{text[end:]}"


def _place(card: yaml.MappingNode, wanted: str, count: int) -> tuple[int, int]:
    """First line of the key's block and the line after it; twice the end where there is none."""
    keys = [key for key, _ in card.value]
    for index, key in enumerate(keys):
        if key.value == wanted:
            after = keys[index + 1].start_mark.line if index + 1 < len(keys) else count
            return key.start_mark.line, after
    return count, count
