"""The region of sound settings, and its centre: not the lucky corner."""

from __future__ import annotations

from collections.abc import Collection
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.sweeps.grid import Axis, Place
from persona_eval.sweeps.region import Region, border_distance, regions

HOT = Axis("top_k", (1, 2, 3, 4, 5))
LONG = Axis("max_tokens", (10, 20, 30))
NAMES = Axis("settings", ("a", "b", "c"), ordered=False)


def drawn(text: str) -> set[Place]:
    """Places marked ``#`` in a drawing, rows first."""
    rows = text.split()
    return {(r, c) for r, row in enumerate(rows) for c, mark in enumerate(row) if mark == "#"}


def found(text: str, axes: Collection[Axis] = (HOT, LONG), best: Place | None = None) -> Region:
    rates = {p: 1.0 if p == best else 0.5 for p in product(*(range(len(a.values)) for a in axes))}
    return regions(drawn(text), list(axes), rates)[0]


def test_the_centre_of_all_is_in_the_middle() -> None:
    assert found("### ### ### ### ###").centre == (2, 1)


def test_the_highest_rate_in_a_corner_is_not_taken() -> None:
    region = found("### ### ### ### ###", best=(0, 0))
    assert (region.centre, region.depth) == ((2, 1), 2)


def test_far_from_what_fails() -> None:
    assert found("... ### ### ### ...").centre == (2, 1)
    assert found("### ### ### #.. ...").centre == (1, 1)


def test_of_equals_the_best_neighbourhood() -> None:
    """A strip of one row has no inside: the middle of its length, then the rates, decide."""
    assert found("### ... ... ... ...").centre == (0, 1)
    assert found("##. ... ... ... ...", best=(0, 1)).centre == (0, 1)
    assert found("##. ... ... ... ...", best=(0, 0)).centre == (0, 0)


def test_the_largest_part_then_the_best() -> None:
    assert found("#.. ... ### ... ...").places == ((2, 0), (2, 1), (2, 2))
    assert found("#.. ... ..# ... ...", best=(2, 2)).places == ((2, 2),)


def test_corners_do_not_hang_together() -> None:
    places = drawn("#.. .#. ..# ... ...")
    rates = dict.fromkeys(places, 0.5)
    assert len(regions(places, [HOT, LONG], rates)) == 3


def test_where_a_setting_ends_by_itself_is_no_border() -> None:
    axis = Axis("min_tokens", (0, 20, 40))
    everywhere = {(0,), (1,), (2,)}
    assert [border_distance(p, everywhere, [axis]) for p in sorted(everywhere)] == [3, 2, 1]
    assert border_distance((0,), everywhere, [Axis("max_tokens", (1, 2, 3))]) == 1
    both = Axis("min_p", (0, 0.5, 1))
    assert border_distance((1,), everywhere, [both]) == 3, "nothing lies outside at all"


def test_an_axis_of_one_value_has_no_border() -> None:
    axes = [HOT, Axis("max_tokens", (160,))]
    rates = {(n, 0): 0.5 for n in range(5)}
    (region,) = regions(rates, axes, rates)
    assert (region.centre, region.depth) == ((2, 0), 3)


def test_names_have_no_neighbours() -> None:
    rates = {(0,): 0.5, (1,): 0.9, (2,): 0.7}
    parts = regions({(0,), (1,), (2,)}, [NAMES], rates)
    assert [part.places for part in parts] == [((1,),), ((2,),), ((0,),)]


@st.composite
def grids(draw: st.DrawFn) -> tuple[list[Axis], set[Place], dict[Place, float]]:
    names = ["top_k", "max_tokens", "temperature"]
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    axes = [Axis(n, tuple(range(1, size + 1))) for n, size in zip(names, sizes, strict=False)]
    places = list(product(*(range(size) for size in sizes)))
    sound = draw(st.sets(st.sampled_from(places), min_size=1))
    rates = {place: draw(st.floats(0, 1)) for place in places}
    return axes, sound, rates


@settings(deadline=None)
@given(grids())
def test_parts_are_apart_and_a_centre_is_deepest(
    given_: tuple[list[Axis], set[Place], dict[Place, float]],
) -> None:
    axes, sound, rates = given_
    parts = regions(sound, axes, rates)
    assert sorted(place for part in parts for place in part.places) == sorted(sound)
    for part in parts:
        inside = set(part.places)
        depths = {place: border_distance(place, inside, axes) for place in inside}
        assert part.centre in inside
        assert part.depth == depths[part.centre] == max(depths.values()) >= 1
        for other in parts:
            if other is not part:
                gaps = {_apart(a, b) for a in part.places for b in other.places}
                assert min(gaps) > 1


@settings(deadline=None)
@given(grids(), st.randoms(use_true_random=False))
def test_the_order_of_points_does_not_matter(
    given_: tuple[list[Axis], set[Place], dict[Place, float]], random: object
) -> None:
    axes, sound, rates = given_
    shuffled = list(rates.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert regions(sound, axes, dict(shuffled)) == regions(sorted(sound), axes, rates)


def _apart(one: Place, other: Place) -> int:
    return sum(abs(a - b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("text", ["##. ##. ... ... ...", "### #.# ### ... ..."])
def test_depth_one_where_every_point_has_a_failing_neighbour(text: str) -> None:
    assert found(text).depth == 1
