"""What is typed behind `--with` and `--cell`."""

from __future__ import annotations

import json
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.errors import TrainingError
from persona_eval.tries.cells import grid, single

AXES = st.dictionaries(
    st.sampled_from(["a", "lora.b", "c", "d.e.f"]),
    st.lists(st.integers(0, 99), min_size=1, max_size=4, unique=True),
)


def test_a_grid_is_every_combination_the_last_key_fastest() -> None:
    assert grid(["learning_rate=2e-4,5e-4", "lora.rank=8,16"]) == [
        {"learning_rate": 2e-4, "lora.rank": 8},
        {"learning_rate": 2e-4, "lora.rank": 16},
        {"learning_rate": 5e-4, "lora.rank": 8},
        {"learning_rate": 5e-4, "lora.rank": 16},
    ]


@given(AXES)
@settings(deadline=None, max_examples=30)
def test_a_grid_has_as_many_cells_as_combinations(axes: dict[str, list[int]]) -> None:
    cells = grid([f"{key}={','.join(map(str, values))}" for key, values in axes.items()])
    assert len(cells) == prod(map(len, axes.values()))
    assert len({json.dumps(cell) for cell in cells}) == len(cells)


@pytest.mark.parametrize(
    ("written", "values"),
    [
        ("clip=null,0.5", [None, 0.5]),
        ("schedule=cosine, linear", ["cosine", "linear"]),
        ("base=gemma3-270m,models/other-4bit,~/m", ["gemma3-270m", "models/other-4bit", "~/m"]),
        ("base='a, b',c", ["a, b", "c"]),
        ("lora.keys=[self_attn.q_proj],[a, b]", [["self_attn.q_proj"], ["a", "b"]]),
        ("lora={rank: 8, scale: 4}", [{"rank": 8, "scale": 4}]),
        ("base=no,12:30", ["no", "12:30"]),
        ("base=a=b", ["a=b"]),
    ],
)
def test_values_are_those_of_a_recipe_file(written: str, values: list[object]) -> None:
    (key,) = grid([written])[0]
    assert [cell[key] for cell in grid([written])] == values


def test_a_cell_has_one_value_a_key() -> None:
    assert single("learning_rate=5e-4 batch_size=4") == {"learning_rate": 5e-4, "batch_size": 4}
    assert single("lora.keys=[a, b] clip=null") == {"lora.keys": ["a", "b"], "clip": None}
    assert single("  ") == {}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("lora.rank", "--with lora.rank: expected KEY=VALUE"),
        ("=8", "expected KEY=VALUE"),
        ("lora.rank=", "--with lora.rank=: expected a value"),
        ("lora.keys=[a", "--with lora.keys=[a: not YAML: "),
        ("lora={rank: 1, rank: 2}", "`rank` stands twice"),
        ("epochs=1]: [2", "--with epochs=1]: [2: "),
        ("base=\udcff", "is not UTF-8"),
        ("base=*x", "text that starts with `*` goes in quotes"),
    ],
)
def test_what_cannot_be_read_in_a_grid(written: str, expected: str) -> None:
    with pytest.raises(TrainingError) as caught:
        grid([written])
    assert expected in str(caught.value)


def test_a_key_stands_once_in_a_grid() -> None:
    with pytest.raises(TrainingError, match=r"stands twice: give its values at once, lora\.rank="):
        grid(["lora.rank=8", "lora.rank=16"])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("epochs=1,2", "For several use --with epochs=1,2"),
        ("epochs=1 epochs=2", "epochs stands twice"),
        ("epochs 2", "--cell epochs 2: expected KEY=VALUE"),
    ],
)
def test_what_is_no_cell(written: str, expected: str) -> None:
    with pytest.raises(TrainingError) as caught:
        single(written)
    assert expected in str(caught.value)
