"""Which replies a model finds likelier, as tables by adapter, a sentence, and plain data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from persona_eval.canaries import Canaries, Shift, Side, Summary, movements, summaries
from persona_eval.lint.findings import plural
from persona_eval.reports.columns import LONGEST, adapter_headers, case_labels, tables
from persona_eval.reports.comparison import p_text
from persona_eval.reports.machine import SCHEMA_VERSION

NO_VERDICT = (
    "Early signs, cheap to have, and not the verdict: a model may find a good reply likelier and "
    "still not say it. What it says is judged by `pytest suites/`"
)


@dataclass(frozen=True)
class Sounding:
    """All that was read."""

    canaries: Canaries
    sides: tuple[Side, ...]
    computed: int
    """Replies that were not in the store."""

    @property
    def shift(self) -> Shift | None:
        """The last adapter against the first, where there are two or more."""
        if len(self.sides) < 2:
            return None
        return Shift.of(self.canaries, self.sides[0], self.sides[-1])


def canary_lines(found: Sounding, model: str, engine: str, cases: bool = False) -> Iterator[str]:
    """The whole report; ``cases`` adds a row for each case."""
    yield _heading(found, model, engine)
    yield NO_VERDICT
    columns = [summaries(found.canaries, side) for side in found.sides]
    heads = adapter_headers([side.adapter for side in found.sides])[1]
    yield "\nshare of the cases whose good replies are likelier than the bad ones"
    yield from _by_category(heads, columns, _share)
    yield "\nmargin: good minus bad, nats per token, mean of the cases (± 95 %)"
    yield from _by_category(heads, columns, _margin)
    if cases:
        yield f"\nmargin of each case, {_order(found)}"
        yield from _by_case(found, heads)
    if found.shift:
        yield ""
        yield from _moved(found.shift)
    yield from _left_out(found.canaries)


def canaries_json(found: Sounding, about: Mapping[str, Any]) -> dict[str, Any]:
    """All figures, those of each reply too."""
    return {
        "schema": SCHEMA_VERSION,
        **about,
        "adapters": [
            {
                "adapter": side.adapter,
                "summaries": [asdict(each) for each in summaries(found.canaries, side)],
                "cases": _cases(found.canaries, side),
            }
            for side in found.sides
        ],
        "shift": found.shift and found.shift.to_json(),
        "left_out": {
            "without_examples": found.canaries.without_examples,
            "generated_turns": found.canaries.generated,
            "skipped": found.canaries.skipped,
        },
    }


def _cases(canaries: Canaries, side: Side) -> list[dict[str, Any]]:
    return [
        {"case": canary.key, "category": canary.case.category, "control": canary.case.control,
         **asdict(reading)}
        for canary, reading in zip(canaries.cases, side.readings, strict=True)
    ]  # fmt: skip


def _heading(found: Sounding, model: str, engine: str) -> str:
    names = ", ".join(side.adapter for side in found.sides)
    noun = "adapter" if len(found.sides) == 1 else "adapters"
    replies = sum(len(canary.replies) for canary in found.canaries.cases) * len(found.sides)
    return (
        f"Canaries · {noun} {names} · {model} ({engine}) · {plural(len(found.canaries.cases), 'case')} · "
        f"{found.computed} of {replies} replies read, the others from the store"
    )


def _by_category(
    heads: Sequence[str], columns: Sequence[Sequence[Summary]], cell: Callable[[Summary], str]
) -> Iterator[str]:
    rows = [[each[0].category, str(each[0].cases), *map(cell, each)]
            for each in zip(*columns, strict=True)]  # fmt: skip
    yield from tables(["category", "cases", *heads], [rows[:-1], rows[-1:]])


def _share(summary: Summary) -> str:
    return f"{summary.prefers:.0%}"


def _margin(summary: Summary) -> str:
    if summary.interval is None:
        return f"{summary.margin:+.2f}"
    low, high = summary.interval
    return f"{summary.margin:+.2f} ±{(high - low) / 2:.2f}"


def _order(found: Sounding) -> str:
    if len(found.sides) == 1:
        return "the lowest first"
    first, last = found.sides[0].adapter, found.sides[-1].adapter
    return f"those that moved most from {first} to {last} first"


def _by_case(found: Sounding, heads: Sequence[str]) -> Iterator[str]:
    labels = case_labels([canary.key for canary in found.canaries.cases], LONGEST)
    margins = [[side.readings[n].margin for side in found.sides] for n in range(len(labels))]
    several = len(found.sides) > 1
    moved = movements(found.sides[0], found.sides[-1])
    ranks = [-abs(each) for each in moved] if several else [row[0] for row in margins]
    rows = [
        [label, *(f"{margin:+.2f}" for margin in row), *([f"{change:+.2f}"] if several else [])]
        for _, label, row, change in sorted(zip(ranks, labels, margins, moved, strict=True))
    ]
    yield from tables(["case", *heads, *(["moved"] if several else [])], [rows])


def _moved(shift: Shift) -> Iterator[str]:
    """The paired statement."""
    within = ""
    if shift.interval:
        low, high = shift.interval
        within = f" (95 %: {low:+.2f} to {high:+.2f})"
    yield (
        f"{shift.last} against {shift.first}: margin {shift.before.margin:+.2f} → "
        f"{shift.after.margin:+.2f} over {plural(shift.after.cases, 'case')}: {shift.difference:+.2f}"
        f"{within}, p worse {p_text(shift.test.worse)}, p better {p_text(shift.test.better)}"
    )
    yield (
        f"good replies became the likelier ones in {plural(shift.won, 'case')}, and were so no longer in "
        f"{shift.lost}"
    )


def _left_out(canaries: Canaries) -> Iterator[str]:
    counts = {
        "without good or without bad replies": canaries.without_examples,
        "with earlier turns that are generated": canaries.generated,
        "skipped": canaries.skipped,
    }
    told = [f"{count} {why}" for why, count in counts.items() if count]
    if told:
        yield f"cases left out: {', '.join(told)}"
