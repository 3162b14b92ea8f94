"""The schema of recipes and the loading of recipes say the same."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from persona_eval.errors import DataError
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.recipe_schema import recipe_schema, write_recipe_schema

CHECK = jsonschema.Draft7Validator(recipe_schema())


def loads(folder: Path, text: str) -> bool:
    path = folder / "recipe.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        load_recipe(path)
    except DataError:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("select: last", True),
        ("{select: last, clip: null, lora: {keys: [self_attn.q_proj], type: dora}}", True),
        ("data: {train: a.jsonl, valid_share: 0.1}", True),
        ("{select: suite, suite: {path: ../../suites/bo, cases: 8}}", True),
        ("{select: last, epoch: 3}", False),
        ("{select: last, epochs: 0}", False),
        ("{select: last, schedule: slow}", False),
        ("{select: last, lora: {rank: many}}", False),
        ("{select: last, lora: {keys: []}}", False),
        ("{select: last, checkpoints: {every: 0}}", False),
        ("{select: suite, suite: {cases: 8}}", False),
    ],
)
def test_what_loading_takes_the_schema_takes(tmp_path: Path, text: str, fits: bool) -> None:
    assert CHECK.is_valid(yaml.safe_load(text)) is fits
    assert loads(tmp_path, text) is fits


def test_the_file_is_written_the_same_each_time(tmp_path: Path) -> None:
    path = write_recipe_schema(tmp_path)
    first = path.read_bytes()
    assert path.name == "recipe.schema.json"
    assert write_recipe_schema(tmp_path).read_bytes() == first
