"""Variants of a recipe as a table, as lines and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from persona_eval.lint.findings import plural
from persona_eval.reports.plain import printable
from persona_eval.reports.training import minutes
from persona_eval.tries.variants import value_at, value_text

if TYPE_CHECKING:
    from persona_eval.tries.sweep import Plan, Result

SCHEMA = 1
TOKENS = "validation: nats a reply token of the kept checkpoint; compares variants of one base"
CHARACTERS = (
    "nats/char: the same loss, summed and divided by the {characters:,} characters of the "
    "validation replies; compares across bases too"
)


def plan_text(plan: Plan, count: int) -> str:
    """What there is to do, in a line."""
    refused = f", {len(plan.refused)} refused" if plan.refused else ""
    if not plan.due:
        return f"{plural(count, 'variant')}, none to train{refused}"
    return (
        f"{len(plan.due)} of {plural(count, 'variant')} to train{refused}: about "
        f"{minutes(plan.seconds)}, checkpoints included but no suites"
    )


def result_line(result: Result) -> str:
    """How one variant ended."""
    title = f"{result.attempt.variant.label} ({result.attempt.base.name})"
    if result.manifest is None:
        return printable(f"{title}: {result.state}: {result.reason}")
    figures = [f"loss {_number(result.loss)}"]
    if result.valid is not None:
        figures.append(f"validation {_number(result.valid)}")
    return printable(f"{title}: {', '.join(figures)}, {minutes(result.manifest.seconds)}")


def ranked(results: Sequence[Result]) -> list[Result]:
    """Lowest validation loss first; by characters, which all bases share. What was not validated
    keeps its order behind it, and what was not finished comes last."""
    return sorted(results, key=_rank)


def tries_lines(results: Sequence[Result], cases: int = 0) -> Iterator[str]:
    """The table, why some variants have no figures, and how to read it. ``cases``: how many
    replies each share stands for."""
    ordered = ranked(results)
    yield from _table(ordered).splitlines()
    yield ""
    for result in ordered:
        if result.reason:
            state = "not judged" if result.manifest else result.state
            yield printable(f"{result.attempt.variant.label}: {state}: {result.reason}")
    yield from _notes(ordered, cases)


def tries_json(
    adapter: str, results: Sequence[Result], plan: Plan, cases: int = 0
) -> dict[str, Any]:
    """All of it, best first."""
    ordered = ranked(results)
    size = results[0].attempt.variant.size
    return {
        "schema": SCHEMA,
        "adapter": adapter,
        "examples": size.examples,
        "epochs": size.epochs,
        "trained": len(plan.due),
        "estimated_seconds": round(plan.seconds, 1),
        "cases": cases,
        "same_validation": _same_replies(ordered),
        "tries": [_row_json(result) for result in ordered],
    }


def _rank(result: Result) -> tuple[bool, bool, float]:
    found = result.per_character
    return result.manifest is None, found is None, found or 0.0


def _table(results: Sequence[Result]) -> str:
    from tabulate import tabulate

    keys = _varied(results)
    columns = [
        *((key, [_setting(result, key) for result in results]) for key in keys),
        ("base", [result.attempt.base.name for result in results]),
        ("steps", [_steps(result) for result in results]),
        ("loss", [_number(r.loss) for r in results]),
        ("validation", [_number(r.valid) for r in results]),
        ("nats/char", [_number(r.per_character) for r in results]),
        ("passed", ["" if r.passed is None else f"{r.passed:.0%}" for r in results]),
        ("time", [minutes(r.manifest.seconds) if r.manifest else "" for r in results]),
        ("tok/s", [f"{r.manifest.tokens_per_second:.0f}" if r.manifest else "" for r in results]),
        ("memory", [_memory(result) for result in results]),
        ("", ["" if r.manifest else r.state for r in results]),
    ]
    filled = {title: map(printable, column) for title, column in columns if any(column)}
    right = ("loss", "validation", "nats/char", "passed", "time", "tok/s", "memory")
    align = ["right" if title in right else "left" for title in filled]
    return tabulate(filled, headers="keys", disable_numparse=True, colalign=align)


def _varied(results: Sequence[Result]) -> list[str]:
    """Keys that some variant changes; the base has a column in any case."""
    keys = dict.fromkeys(key for result in results for key in result.attempt.variant.changes)
    return [key for key in keys if key != "base"]


def _setting(result: Result, key: str) -> str:
    return value_text(value_at(result.attempt.variant.recipe, key))


def _steps(result: Result) -> str:
    """The step that was kept, and of how many."""
    manifest = result.manifest
    return f"{manifest.selected_step}/{manifest.points[-1].step}" if manifest else ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _memory(result: Result) -> str:
    memory = result.record and result.record.memory
    return f"{memory / 2**30:.1f} GiB" if memory else ""


def _notes(ordered: Sequence[Result], cases: int) -> Iterator[str]:
    finished = [result for result in ordered if result.manifest]
    if any(result.valid is not None for result in finished):
        yield TOKENS
        if _same_replies(finished):
            yield CHARACTERS.format(characters=finished[0].attempt.characters)
        else:
            yield "the variants were validated on different replies: compare neither column"
    if cases:
        yield f"passed: of {plural(cases, 'case')}, one reply each"
    if finished:
        yield f"first: {finished[0].attempt.folder}"


def _same_replies(results: Sequence[Result]) -> bool:
    return len({result.attempt.replies for result in results}) <= 1


def _row_json(result: Result) -> dict[str, Any]:
    attempt, manifest = result.attempt, result.manifest
    kept = manifest.selected if manifest else None
    return {
        "folder": attempt.folder.as_posix(),
        "settings": dict(attempt.variant.changes),
        "base": {"name": attempt.base.name, "fingerprint": attempt.base.fingerprint},
        "state": result.state,
        "reason": result.reason or None,
        "kept_step": kept and kept.step,
        "steps": manifest and manifest.points[-1].step,
        "loss": result.loss,
        "validation": result.valid,
        "validation_per_character": result.per_character,
        "passed": result.passed,
        "seconds": manifest and manifest.seconds,
        "tokens_per_second": manifest and manifest.tokens_per_second,
        "memory": result.record and result.record.memory,
    }
