"""Cases × adapters on the page, each cell a link to the case with that adapter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from persona_eval.reports.columns import case_labels
from persona_eval.reports.html.cases import CaseView
from persona_eval.reports.html.content import AdapterCases, Content
from persona_eval.reports.html.texts import shown
from persona_eval.reports.matrix import ERROR, LUCK, NOT_RUN, Column, Matrix

MOST = 200
"""Rows of cases."""
LABEL = 48
VERDICTS = {True: "passed", False: "failed", None: "error"}
HEARD = {True: "passes", False: "fails", None: "could not be judged"}


@dataclass(frozen=True)
class Cell:
    """A case with one adapter."""

    counts: str
    """Trials that passed, of those drawn."""
    verdict: str
    """``passed``, ``failed``, ``error``, or nothing where it was not run."""
    heard: str
    """What a screen reader says beside the counts."""
    href: str


@dataclass(frozen=True)
class MatrixView:
    """The matrix of a page."""

    title: str
    names: tuple[str, ...]
    passing: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    sentences: tuple[str, ...]


def matrix_view(content: Content, cases: Sequence[CaseView]) -> MatrixView | None:
    """None where there is one adapter."""
    found = Matrix.of([_column(adapter) for adapter in content.adapters])
    if found is None:
        return None
    links = {(case.key, case.adapter): case.href for case in cases}
    keys = found.wanted[:MOST]
    rows = (
        (shown(label), tuple(_cell(column, key, links) for column in found.columns))
        for label, key in zip(case_labels(keys, LABEL), keys, strict=True)
    )
    return MatrixView(
        shown(found.title),
        tuple(map(shown, found.heads)),
        tuple(found.passing()),
        tuple(rows),
        tuple(map(shown, _sentences(found, len(keys)))),
    )


def _column(adapter: AdapterCases) -> Column:
    errors = (each.facts.key for each in adapter.cases if each.result is None)
    return Column(adapter.name, adapter.results, errors)


def _cell(column: Column, key: str, links: Mapping[tuple[str, str], str]) -> Cell:
    text, href = column.cell(key), links.get((key, column.name), "")
    if text == NOT_RUN:
        return Cell(NOT_RUN, "", "not run", "")
    verdict = column.verdict(key)
    counts = "!" if text == ERROR else text.split()[0]
    return Cell(counts, VERDICTS[verdict], HEARD[verdict], href)


def _sentences(found: Matrix, rows: int) -> list[str]:
    said = [f"{found.counted()}."]
    if more := len(found.wanted) - rows:
        said.append(f"{more} more of them stand in the list of cases alone.")
    if best := found.best():
        said.append(f"Most over all: {best[0]} ({best[1]}). {LUCK.replace('`', '')}.")
    return [sentence[:1].upper() + sentence[1:] for sentence in said]
