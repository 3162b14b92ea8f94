"""Where on a grid settings are sound, and which point lies deepest inside. Pure functions over
places: a point's number on each axis."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from persona_eval.sweeps.grid import Axis, Place

ENDS: Mapping[str, tuple[float | None, float | None]] = {
    "temperature": (0, None), "top_p": (None, 1), "min_p": (0, 1), "repetition_penalty": (1, None),
    "min_tokens": (0, None),
}  # fmt: skip
"""Where settings end by themselves, lowest and highest: beyond lies nothing that could fail."""


@dataclass(frozen=True)
class Region:
    """Points that hang together, each a step along one axis from another."""

    places: tuple[Place, ...]
    centre: Place
    depth: int
    """Steps from the centre to the nearest point that is not in the region, or that was not
    tried."""


def regions(
    sound: Collection[Place], axes: Sequence[Axis], rates: Mapping[Place, float]
) -> list[Region]:
    """The parts that the sound places fall into, the best first: the largest, of equals the one
    with the highest mean rate. Along an axis without order nothing hangs together."""
    found = [_region(part, axes, rates) for part in _parts(sound, axes)]
    return sorted(found, key=lambda each: (-len(each.places), -_mean(each.places, rates)))


def border_distance(place: Place, inside: Collection[Place], axes: Sequence[Axis]) -> int:
    """Steps along the axes to the nearest place that is not inside. What lies beyond the last
    value of an axis was not tried and counts as outside, unless the setting ends there."""
    beyond = [*_steps_out(place, axes)]
    outside = (other for other in _places(axes) if other not in inside)
    others = [_distance(place, other) for other in outside if _on_its_slice(place, other, axes)]
    return min([*beyond, *others], default=sum(len(axis.values) for axis in axes))


def _region(part: Collection[Place], axes: Sequence[Axis], rates: Mapping[Place, float]) -> Region:
    """The centre is farthest from the border; of equals the one with the most room along each
    axis, then the best neighbourhood, then the best rate, then the first."""

    def rank(place: Place) -> tuple[float, float, float, float, Place]:
        near = [other for other in part if _distance(place, other) <= 1]
        depth, room = border_distance(place, part, axes), _room(place, part, axes)
        return -depth, -room, -_mean(near, rates), -rates[place], place

    centre = min(part, key=rank)
    return Region(tuple(sorted(part)), centre, border_distance(centre, part, axes))


def _parts(sound: Collection[Place], axes: Sequence[Axis]) -> Iterator[set[Place]]:
    left = set(sound)
    while left:
        part, edge = set[Place](), [min(left)]
        while edge:
            place = edge.pop()
            if place in left:
                left.remove(place)
                part.add(place)
                edge += _neighbours(place, axes)
        yield part


def _neighbours(place: Place, axes: Sequence[Axis]) -> Iterator[Place]:
    for number, axis in enumerate(axes):
        for step in (-1, 1) if axis.ordered else ():
            yield (*place[:number], place[number] + step, *place[number + 1 :])


def _places(axes: Sequence[Axis]) -> Iterator[Place]:
    return product(*(range(len(axis.values)) for axis in axes))


def _distance(place: Place, other: Place) -> int:
    return sum(abs(a - b) for a, b in zip(place, other, strict=True))


def _on_its_slice(place: Place, other: Place, axes: Sequence[Axis]) -> bool:
    """Whether steps lead from one to the other: none do along an axis without order."""
    pairs = zip(axes, place, other, strict=True)
    return all(axis.ordered or a == b for axis, a, b in pairs)


def _room(place: Place, inside: Collection[Place], axes: Sequence[Axis]) -> int:
    """For each axis the steps to leave the region along it, the shorter way; added up."""
    return sum(
        min(_ways_out(place, number, inside, axes), default=len(axis.values))
        for number, axis in enumerate(axes)
    )


def _ways_out(
    place: Place, number: int, inside: Collection[Place], axes: Sequence[Axis]
) -> Iterator[int]:
    """Steps to leave the region along one axis, downwards and upwards, where one can."""
    edges = [
        (0, -1, _open(axes[number], 0)),
        (len(axes[number].values) - 1, 1, _open(axes[number], -1)),
    ]
    for edge, step, beyond in edges:
        for at in range(place[number] + step, edge + step, step):
            if (*place[:number], at, *place[number + 1 :]) not in inside:
                yield abs(at - place[number])
                break
        else:
            if beyond:
                yield abs(edge - place[number]) + 1


def _steps_out(place: Place, axes: Sequence[Axis]) -> Iterator[int]:
    """Steps over the ends of the grid."""
    for at, axis in zip(place, axes, strict=True):
        if _open(axis, 0):
            yield at + 1
        if _open(axis, -1):
            yield len(axis.values) - at


def _open(axis: Axis, end: int) -> bool:
    """Whether there are values beyond this end (0 or -1) of an axis that were not tried. An axis
    with one value says nothing."""
    limit = ENDS.get(axis.name, (None, None))[end]
    return axis.ordered and len(axis.values) > 1 and axis.values[end] != limit


def _mean(places: Collection[Place], rates: Mapping[Place, float]) -> float:
    return sum(rates[place] for place in sorted(places)) / len(places)
