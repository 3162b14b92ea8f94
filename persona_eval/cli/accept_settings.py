"""What the last sweep recommends, written into character cards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from persona_eval.cli.project import registry_of
from persona_eval.errors import SweepError
from persona_eval.identity import asked_of
from persona_eval.suite.card_file import write_generation
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, Suite
from persona_eval.sweeps.characters import key_of
from persona_eval.sweeps.grid import changes_text
from persona_eval.sweeps.record import Record, last, settings_to_write

SHOWN = 5
NEXT = (
    "next: run the suites, and accept that run as the baseline: persona-eval accept. What was "
    "accepted before had other settings"
)


def accept_settings(store: Path, force: bool) -> Iterator[str]:
    """Write the settings, and say what was written and whom it reaches. Raises SweepError where
    the sweep recommends nothing or the cases are no longer those that it was run over."""
    record = last(store)
    settings = settings_to_write(record, force)
    if not force:
        _require_unchanged(record)
    for card in record.cards:
        write_generation(Path(card), settings)
        yield f"{_shown(Path(card))}: generation: {changes_text(settings)}"
    yield from _without(settings, list(_suites(record)))
    yield NEXT


def _suites(record: Record) -> Iterator[Suite]:
    """The suites that were swept, as they are today. Raises SweepError where one is gone."""
    for paths in record.cards.values():
        for path in map(Path, paths):
            if not path.is_file():
                raise SweepError(f"{path} was swept and is not there any more: sweep again")
            yield load_suite(path, registry_of(path.parent))


def _require_unchanged(record: Record) -> None:
    today = {key_of(s, c): asked_of(c, s.persona) for s in _suites(record) for c in s.cases}
    changed = [key for key, digest in record.cases.items() if today.get(key) != digest]
    if changed:
        more = f" and {len(changed) - SHOWN} more" if len(changed) > SHOWN else ""
        raise SweepError(
            f"cases have changed since the last sweep ({', '.join(changed[:SHOWN])}{more}): sweep "
            "again, replies that are still asked for are stored; or add --force"
        )


def _without(settings: Mapping[str, Any], suites: Sequence[Suite]) -> Iterator[str]:
    """Which cases the card does not reach, as something nearer to them sets the same."""
    for suite in suites:
        deaf = [case for case in suite.cases if not _has(case, settings)]
        if deaf:
            yield (
                f"note: {len(deaf)} of {len(suite.cases)} cases of {_shown(suite.path)} set "
                f"{' or '.join(_nearer(deaf, settings))} themselves, which goes before the card: "
                "take it out of their `generation`, or of the file's `defaults`"
            )


def _has(case: Case, settings: Mapping[str, Any]) -> bool:
    return not _nearer([case], settings)


def _nearer(cases: Sequence[Case], settings: Mapping[str, Any]) -> list[str]:
    """Keys of which some of the cases have another value."""
    plain = [case.generation.model_dump(mode="json") for case in cases]
    return [key for key, value in settings.items() if any(each[key] != value for each in plain)]


def _shown(path: Path) -> Path:
    """Relative to the working folder where it lies below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
