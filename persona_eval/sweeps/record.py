"""The last sweep, as it is kept beside the store, so that its recommendation can be accepted."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError

from persona_eval.errors import StoreError, SweepError
from persona_eval.identity import asked_of
from persona_eval.suite.fields import Frozen
from persona_eval.sweeps.characters import Character, all_cases, key_of
from persona_eval.sweeps.outcome import PointOutcome, SweepOutcome

FILE = "sweep.json"
"""In the folder of the store."""


class Record(Frozen):
    """What accepting needs to know."""

    model_config = ConfigDict(extra="ignore")

    adapter: str
    model: str
    whole: bool
    """Whether all cases of the suites took part."""
    recommended: dict[str, Any] | None
    """Settings in the centre of the region in which every gate passes."""
    centre: dict[str, Any] | None
    """The same, where no gate passes: of the points that are not shown worse than the best."""
    cards: dict[str, list[str]]
    """Suites by the character card that they name; all are absolute paths."""
    cases: dict[str, str]
    """Digest of what each case asked, before the sweep set anything."""


def record_of(outcome: SweepOutcome, characters: Sequence[Character]) -> Record:
    """What is kept of a sweep."""
    choice, recommended = outcome.choice, outcome.recommended
    centre = outcome.at[choice.region.centre] if choice else None
    cards: dict[str, dict[str, None]] = {}
    for suite, _ in all_cases(characters):
        paths = cards.setdefault(str(suite.persona_path.resolve()), {})
        paths[str(suite.path.resolve())] = None
    return Record(
        adapter=outcome.adapter,
        model=outcome.model,
        whole=not outcome.left_out,
        recommended=_chosen(recommended),
        centre=_chosen(centre),
        cards={card: list(paths) for card, paths in cards.items()},
        cases={key_of(s, c): asked_of(c, s.persona) for s, c in all_cases(characters)},
    )


def _chosen(point: PointOutcome | None) -> dict[str, Any] | None:
    """The settings of a point, but its seed: luck is not to be chosen."""
    if point is None:
        return None
    return {key: value for key, value in point.point.changes.items() if key != "seed"}


def keep(folder: Path, record: Record) -> None:
    """Write it in place of the one before. Raises StoreError when the disk refuses."""
    path = folder / FILE
    beside = path.with_name(f".{FILE}.{os.getpid()}")
    try:
        beside.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error}") from error


def last(folder: Path) -> Record:
    """The last sweep. Raises SweepError where there is none."""
    path = folder / FILE
    try:
        return Record.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SweepError(
            f"{folder} holds no sweep: pytest suites/ --persona-sweep temperature=0.6,0.8,1.0"
        ) from None
    except (OSError, ValueError, ValidationError) as error:
        raise SweepError(
            f"{path} cannot be read ({error}): sweep again, replies are kept"
        ) from None


def settings_to_write(record: Record, force: bool) -> Mapping[str, Any]:
    """The settings that the card is to have. Raises SweepError where the sweep recommends none,
    or was not whole; ``force`` takes what there is."""
    if record.recommended is None and not (force and record.centre):
        raise SweepError(
            "the last sweep recommends nothing: no gate passes at any of its settings. Mend what "
            "fails first (more data, other settings), or add --force to take the centre of those "
            "that are not shown worse than the best"
        )
    if not record.whole and not force:
        raise SweepError(
            "the last sweep was over a part of the cases, and says nothing of the others: sweep "
            "all (replies are stored), or add --force"
        )
    return record.recommended if record.recommended is not None else record.centre or {}
