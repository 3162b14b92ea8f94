"""Changes to a card's file that leave the rest of it, comments too, as it was written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from persona_eval.suite.load import load_persona

KEY = "limits"


def write_limits(path: Path, limits: Mapping[str, float]) -> None:
    """Set the key `limits` of a card, in place of the one that is there or at the end. Raises
    SuiteError when the card cannot be read; then, and if the result could not be read, the file
    stays as it was."""
    load_persona(path)
    before = path.read_bytes()
    text = _changed(before.decode("utf-8-sig"), limits)
    path.write_text(text, encoding="utf-8")
    try:
        load_persona(path)
    except Exception:
        path.write_bytes(before)
        raise


def _changed(text: str, limits: Mapping[str, float]) -> str:
    card = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert isinstance(card, yaml.MappingNode), "a card that loads is a mapping"
    if card.flow_style:
        return _in_braces(text, card, limits)
    lines = text.splitlines()
    start, end = _place(card, len(lines))
    block = [f"{KEY}:  # by persona-eval calibrate"]
    block += [f"  {name}: {limit:g}" for name, limit in sorted(limits.items())]
    return "\n".join([*lines[:start], *block, *lines[end:]]) + "\n"


def _in_braces(text: str, card: yaml.MappingNode, limits: Mapping[str, float]) -> str:
    """A card that is written in braces."""
    inner = ", ".join(f"{name}: {limit:g}" for name, limit in sorted(limits.items()))
    known = next((value for key, value in card.value if key.value == KEY), None)
    if known is not None:
        start, end = known.start_mark.index, known.end_mark.index
        return f"{text[:start]}{{{inner}}}{text[end:]}"
    end = card.end_mark.index - 1
    comma = "" if text[:end].rstrip().endswith((",", "{")) else ","
    return f"{text[:end]}{comma} {KEY}: {{{inner}}}{text[end:]}"


def _place(card: yaml.MappingNode, count: int) -> tuple[int, int]:
    """First line of the key's block and the line after it; twice the end where there is none."""
    keys = [key for key, _ in card.value]
    for index, key in enumerate(keys):
        if key.value == KEY:
            after = keys[index + 1].start_mark.line if index + 1 < len(keys) else count
            return key.start_mark.line, after
    return count, count
