"""Tables with a column for each adapter, within the width of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tabulate import MIN_PADDING, SEPARATING_LINE, tabulate

WIDTH = 100
GAP = 2
SHORTEST, LONGEST = 24, 48
"""Letters of a case's name, where there is little room and where there is much."""
_CHECKPOINT = re.compile(r"(.+)@(\d+|best|last)")

Row = Sequence[str]


def tables(headers: Row, groups: Sequence[Sequence[Row]], width: int = WIDTH) -> Iterator[str]:
    """The table, in as many parts as it needs to fit, each with the first column. Groups of rows
    have a line between them."""
    rows = [row for group in groups for row in group]
    sizes = [room_of([head, *(row[n] for row in rows)]) for n, head in enumerate(headers)]
    for part in _parts(sizes, width):
        chosen = (0, *part)
        lines: list[str | list[str]] = []
        for group in filter(None, groups):
            lines += [SEPARATING_LINE] if lines else []
            lines += [[row[n] for n in chosen] for row in group]
        yield tabulate(lines, headers=[headers[n] for n in chosen], disable_numparse=True,
                       colalign=("left", *["right"] * len(part)))  # fmt: skip


def room_of(column: Row) -> int:
    """Letters across, its head first; tabulate gives a head more room than it needs."""
    head, *cells = map(len, column)
    return max(head + MIN_PADDING, *cells, 0)


def _parts(sizes: Sequence[int], width: int) -> Iterator[list[int]]:
    """Numbers of the columns after the first, as many together as fit beside it."""
    part, used = list[int](), sizes[0]
    for number, size in enumerate(sizes[1:], 1):
        if part and used + GAP + size > width:
            yield part
            part, used = [], sizes[0]
        part.append(number)
        used += GAP + size
    yield part


def adapter_headers(names: Sequence[str]) -> tuple[str, list[str]]:
    """What the checkpoints among these are of, or nothing, and the heads of the columns: of the
    checkpoints of one adapter what follows its name."""
    found = [_CHECKPOINT.fullmatch(name) for name in names]
    owners = {match[1] for match in found if match}
    if len(owners) != 1:
        return "", list(names)
    heads = [f"@{match[2]}" if match else name for name, match in zip(names, found, strict=True)]
    return owners.pop(), heads


def case_labels(keys: Sequence[str], room: int) -> list[str]:
    """``file::id`` of each case, with the folder where there are several, cut to what fits; but
    never so that two would look the same."""
    several = len({key.split("/")[0] for key in keys}) > 1
    plain = [key if several else key.partition("/")[2] or key for key in keys]
    labels = [label.replace(".suite.yaml::", "::") for label in plain]
    most = min(LONGEST, max(SHORTEST, room))
    cut = [_cut(label, most) for label in labels]
    return cut if len(set(cut)) == len(set(labels)) else labels


def _cut(text: str, most: int) -> str:
    """The beginning and the end, which tell more than the middle."""
    if len(text) <= most:
        return text
    head = most // 2
    return f"{text[:head]}…{text[head + 1 - most :]}"
