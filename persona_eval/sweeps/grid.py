"""Which settings are tried: every combination of some values, or a list with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

Changes = Mapping[str, Any]
"""Values by the keys of `generation`, as the model of settings holds them."""
Place = tuple[int, ...]
"""Of a point on its grid: the number of its value on each axis."""

NAMED = "settings"
"""What the one axis of a named list is called."""


@dataclass(frozen=True)
class Axis:
    """A setting with the values that it takes, or the names of a list."""

    name: str
    values: tuple[Any, ...]
    """In rising order where there is one."""
    ordered: bool = True
    """Whether values beside each other are alike: those of numbers are, and texts' are not."""

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(map(value_text, self.values))


@dataclass(frozen=True)
class Point:
    """One choice of settings."""

    label: str
    place: Place
    changes: Changes
    """What every case is given instead of its own."""


@dataclass(frozen=True)
class Grid:
    """All points of a sweep, the last axis changing fastest."""

    axes: tuple[Axis, ...]
    named: tuple[Changes, ...] = ()
    """The changes of each entry of a named list; empty for a grid of values."""

    @property
    def size(self) -> int:
        """How many points there are, without making them."""
        return prod(len(axis.values) for axis in self.axes)

    @cached_property
    def points(self) -> tuple[Point, ...]:
        places = product(*(range(len(axis.values)) for axis in self.axes))
        return tuple(map(self._point, places))

    @property
    def settings(self) -> tuple[str, ...]:
        """Keys of `generation` that the sweep sets."""
        if not self.named:
            return tuple(axis.name for axis in self.axes)
        return tuple(dict.fromkeys(key for changes in self.named for key in changes))

    def _point(self, place: Place) -> Point:
        if self.named:
            return Point(str(self.axes[0].values[place[0]]), place, self.named[place[0]])
        chosen = {a.name: a.values[n] for a, n in zip(self.axes, place, strict=True)}
        return Point(changes_text(chosen), place, chosen)


def changes_text(changes: Changes) -> str:
    """Settings as one would type them."""
    return " ".join(f"{name}={value_text(value)}" for name, value in changes.items())


def value_text(value: Any) -> str:
    """A value as it is typed: numbers without needless zeros, texts of `stop` in brackets."""
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(_quoted(each) for each in value)}]"
    return str(value)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)
