"""What is refused before anything is generated: settings that an engine cannot honour, and sweeps
that nobody would wait for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from persona_eval.errors import SweepError
from persona_eval.lint.findings import plural
from persona_eval.models.base import Model
from persona_eval.runner import Runner, WornAdapter
from persona_eval.store import Store
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Case
from persona_eval.sweeps.characters import Character, all_cases, generations, swept
from persona_eval.sweeps.grid import Grid
from persona_eval.trials import Trial

MOST_POINTS = 100
"""Beyond that, as beyond these seconds, a sweep is to be asked for twice."""
MOST_SECONDS = 2 * 3600.0
COUNTABLE = 100_000
"""Points beyond which a grid is not even laid out."""
SHOWN = 5
"""Points that a message lists."""
SAMPLE = 200
"""Requests that are looked up in the store, to say how many of all it has."""
RECENT = 400
"""Stored replies by which the speed is estimated."""
PAUSE = 20.0
"""Seconds between two replies beyond which nothing was being generated."""
UNKNOWN_SPEED = 1.0
"""Seconds a reply where nothing is stored: the bundled model on two cores."""


@dataclass(frozen=True)
class Estimate:
    """What a sweep will cost."""

    points: int
    cases: int
    adapters: int
    replies: int
    """At least: trials that are drawn until a verdict is settled may be more."""
    missing: int
    """About so many of them are not stored yet."""
    seconds: float
    """For those."""
    measured: bool
    """Whether by the speed of stored replies, and not by a guess."""


def refuse_countless(grid: Grid) -> None:
    """Raise SweepError for a grid that nobody could wait for, without laying it out."""
    if grid.size > COUNTABLE:
        raise SweepError(
            f"{grid.size:,} combinations of settings, more than {COUNTABLE:,}: take fewer values"
        )


def refuse_impossible(grid: Grid, characters: Sequence[Character], model: Model) -> None:
    """Raise SweepError for points that no engine can honour with these cases."""
    if not any(True for _ in all_cases(characters)):
        raise SweepError("no case is chosen that is not skipped")
    wrong = list(dict.fromkeys(_impossible(grid, characters, _context(model))))
    if wrong:
        more = [f"and {len(wrong) - SHOWN} more"] if len(wrong) > SHOWN else []
        raise SweepError("\n  ".join(["these settings cannot be:", *wrong[:SHOWN], *more]))


def refuse_long(estimate: Estimate, allow: str) -> None:
    """Raise SweepError, with the estimate, for a sweep of very many settings or of hours.
    ``allow`` names the option that lets it through."""
    limits = []
    if estimate.points > MOST_POINTS:
        limits.append(f"{MOST_POINTS} settings")
    if estimate.seconds > MOST_SECONDS:
        limits.append(_time(MOST_SECONDS))
    if limits:
        raise SweepError(
            f"{estimate_text(estimate)}. That is more than {' and more than '.join(limits)}: take "
            f"fewer values or fewer cases, or add {allow}"
        )


def estimated(
    grid: Grid, characters: Sequence[Character], adapters: Sequence[WornAdapter], runner: Runner,
    store: Store,
) -> Estimate:  # fmt: skip
    """What the sweep will cost, by what is stored."""
    chosen = list(all_cases(characters))
    once = sum(case.trial_range.min * len(case.generated_turns) for _, case in chosen)
    replies = once * grid.size * len(adapters)
    share = _missing_share(grid, characters, adapters, runner, store)
    speed = _seconds_a_reply(store)
    seconds = replies * share * (UNKNOWN_SPEED if speed is None else speed)
    return Estimate(
        grid.size, len(chosen), len(adapters), replies, round(replies * share), seconds,
        speed is not None,
    )  # fmt: skip


def estimate_text(estimate: Estimate) -> str:
    """What there is to do, in a line."""
    each = f" × {estimate.adapters} adapters" if estimate.adapters > 1 else ""
    said = (
        f"{plural(estimate.points, 'setting')} × {plural(estimate.cases, 'case')}{each}: "
        f"{estimate.replies:,} replies"
    )
    if not estimate.missing:
        return f"{said}, all of them stored"
    how = "by the speed of earlier replies" if estimate.measured else "a guess: nothing is stored"
    return f"{said}, about {estimate.missing:,} to generate: {_time(estimate.seconds)} ({how})"


def _impossible(grid: Grid, characters: Sequence[Character], context: int | None) -> Iterator[str]:
    """Of all cases' settings, only those differ that nothing sets."""
    todays = generations(characters)
    for point in grid.points:
        for today in todays:
            chosen = today.model_copy(update=dict(point.changes))
            if chosen.min_tokens >= chosen.max_tokens:
                yield (
                    f"{point.label}: min_tokens {chosen.min_tokens} with max_tokens "
                    f"{chosen.max_tokens} (of the cases, where it is not swept) cuts every reply: "
                    "min_tokens must be below"
                )
            if context is not None and chosen.max_tokens >= context:
                yield (
                    f"{point.label}: max_tokens {chosen.max_tokens} leaves no room for a prompt: "
                    f"the model's context is {context:,} tokens"
                )


def _context(model: Model) -> int | None:
    """Longest sequence of the model in tokens, without loading it; None where it does not say."""
    files: Any = getattr(model, "files", None)
    if files is None:
        return None
    config = json.loads((files.path / "config.json").read_text(encoding="utf-8"))
    found = config.get("text_config", config).get("max_position_embeddings")
    return None if found is None else int(found)


def _missing_share(
    grid: Grid, characters: Sequence[Character], adapters: Sequence[WornAdapter], runner: Runner,
    store: Store,
) -> float:  # fmt: skip
    """Share of the replies that are not stored, by first turns spread evenly over all."""
    pairs = [(case, suite.persona) for suite, case in all_cases(characters)]
    total = grid.size * len(pairs) * len(adapters)
    looked_at = range(0, total, max(1, total // SAMPLE))
    missing = sum(
        store.get(_first_key(number, grid, pairs, adapters, runner)) is None for number in looked_at
    )
    return missing / len(looked_at)


def _first_key(
    number: int, grid: Grid, pairs: Sequence[tuple[Case, Persona]],
    adapters: Sequence[WornAdapter], runner: Runner,
) -> str:  # fmt: skip
    rest, point = divmod(number, grid.size)
    adapter, which = divmod(rest, len(pairs))
    case, persona = pairs[which]
    request = Trial(swept(case, grid.points[point].changes), persona, 0).next_request()
    assert request is not None, "the last turn of a case is always generated"
    return runner.key(adapters[adapter], request)


def _seconds_a_reply(store: Store) -> float | None:
    """Seconds between stored replies, pauses left out."""
    query = "SELECT created FROM replies ORDER BY created DESC LIMIT ?"
    times = [float(created) for (created,) in store.rows(query, (RECENT,))]
    gaps = [late - early for late, early in pairwise(times) if late - early <= PAUSE]
    return sum(gaps) / len(gaps) if len(gaps) >= SHOWN else None


def _time(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
