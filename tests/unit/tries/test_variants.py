"""Recipes with changed settings: refused with the words of a recipe file, and named."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.errors import DataError, TrainingError
from persona_eval.training.recipe import Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.tries.variants import (
    Size,
    Variant,
    make_variants,
    recipe_keys,
    recipe_text,
    value_at,
)

WHOLE = Size()
PATH = Path("adapters/bo/recipe.yaml")
OWN = Recipe.model_validate({"data": {"valid": "v.jsonl"}, "lora": {"rank": 4, "scale": 1}})


def made(*cells: dict[str, Any], size: Size = WHOLE, own: Recipe = OWN) -> list[Variant]:
    return make_variants(own, PATH, cells, size)


def refusal(*cells: dict[str, Any]) -> list[str]:
    with pytest.raises(DataError) as caught:
        made(*cells)
    return [str(problem).removeprefix(f"{PATH}: ") for problem in caught.value.problems]


def test_only_what_is_named_changes() -> None:
    (variant,) = made({"lora.rank": 8, "clip": None, "data.train": "other.jsonl"})
    assert variant.recipe.lora == OWN.lora.model_copy(update={"rank": 8})
    assert variant.recipe.clip is None
    assert variant.recipe.data.model_dump() == {
        "train": "other.jsonl",
        "valid": "v.jsonl",
        "valid_share": None,
    }
    assert variant.recipe.learning_rate == OWN.learning_rate


def test_a_section_that_is_not_there_and_a_whole_one() -> None:
    suite = {"select": "suite", "suite.path": "../../suites", "suite.cases": 5}
    (variant,) = made({**suite, "lora": {"rank": 2}})
    assert variant.recipe.suite is not None
    assert variant.recipe.suite.cases == 5
    assert (variant.recipe.lora.rank, variant.recipe.lora.scale) == (2, 2.0)


def test_the_same_recipe_is_tried_once() -> None:
    assert [v.label for v in made({"lora.scale": 2}, {"lora.scale": 2.0}, {})] == [
        "lora.scale=2.0",
        "as it is",
    ]


def test_unknown_keys_come_together_with_suggestions() -> None:
    first, second, third = refusal({"lerning_rate": 1}, {"rank": 8}, {"lora.rnak": 8})
    assert first.startswith("lerning_rate: unknown key: did you mean `learning_rate`? Allowed: ")
    assert second.startswith("lora.rnak: unknown key: did you mean `lora.rank`?")
    assert third.startswith("rank: unknown key: did you mean `lora.rank`?")


def test_a_value_that_the_recipe_refuses_names_the_first_variant_with_it() -> None:
    cells = [{"lora.rank": rank, "epochs": epochs} for rank in (8, 0) for epochs in (1, 2)]
    assert refusal(*cells) == [
        "lora.rank: Input should be greater than or equal to 1 (variant `lora.rank=0 epochs=1`)"
    ]
    assert refusal({"data.valid_share": 0.1}) == [
        "data: give `valid` or `valid_share`, not both (variant `data.valid_share=0.1`)"
    ]
    assert "unknown key: did you mean `rank`?" in refusal({"lora": {"rnak": 1}})[0]
    assert "learning_rate.x: unknown key" in refusal({"learning_rate.x": 1})[0]


def test_epochs_are_the_options_or_the_variants() -> None:
    (variant,) = made({"lora.rank": 8}, size=Size(epochs=1))
    assert variant.recipe.epochs == 1
    with pytest.raises(TrainingError, match="leave it out to vary `epochs`"):
        made({"epochs": 2}, size=Size(epochs=1))


@pytest.mark.parametrize(
    ("changes", "size", "slug"),
    [
        ({"learning_rate": 5e-4, "lora.rank": 8}, Size(), "learning_rate-0.0005_lora.rank-8"),
        ({"lora.rank": 8, "learning_rate": 5e-4}, Size(), "learning_rate-0.0005_lora.rank-8"),
        ({"clip": None}, Size(150, 1), "clip-null_epochs-1_examples-150"),
        ({}, Size(), "as-is"),
    ],
)
def test_the_name_of_its_folder(changes: dict[str, Any], size: Size, slug: str) -> None:
    (variant,) = made(changes, size=size)
    assert variant.slug == slug


BASES = st.text(min_size=1).filter(lambda text: text.isprintable())


@given(BASES, BASES)
@settings(deadline=None, max_examples=50)
def test_names_are_fit_for_folders_and_each_its_own(one: str, other: str) -> None:
    first, second = (Variant({"base": base}, OWN).slug for base in (one, other))
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,200}", first)
    assert (first == second) == (one == other)


@given(
    st.floats(1e-12, 0.5),
    st.text(min_size=1).filter(lambda text: text.isprintable() and text.strip() == text),
    st.integers(1, 1024),
)
@settings(deadline=None, max_examples=30)
def test_a_written_recipe_reads_as_the_same(
    tmp_path_factory: pytest.TempPathFactory, rate: float, train: str, rank: int
) -> None:
    own = Recipe.model_validate(
        {
            "learning_rate": rate,
            "data": {"train": f"{train}.jsonl", "valid": "v"},
            "lora": {"rank": rank, "keys": ["mlp.up_proj"]},
        }
    )
    path = tmp_path_factory.mktemp("recipe") / "recipe.yaml"
    text = recipe_text(own.model_dump(mode="json", exclude_unset=True), "why")
    path.write_text(text, encoding="utf-8")
    assert load_recipe(path) == own


def test_the_keys_of_a_recipe() -> None:
    keys = list(recipe_keys())
    assert {"base", "lora", "lora.rank", "data.valid", "suite.path", "checkpoints.every"} <= {*keys}
    assert len(keys) == len(set(keys))
    assert all(value_at(OWN, key) is None for key in ("suite.path", "patience", "lora.rank.x"))
