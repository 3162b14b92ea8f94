"""JSON Schema of recipes, for editors: made from the model that checks them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from persona_eval.suite.json_schema import model_schema, write_schema
from persona_eval.training.recipe import Recipe


def recipe_schema() -> dict[str, Any]:
    """Schema of `recipe.yaml`."""
    return model_schema(Recipe)


def write_recipe_schema(folder: Path) -> Path:
    """Write recipe.schema.json, and return its path."""
    path = folder / "recipe.schema.json"
    write_schema(path, recipe_schema())
    return path
