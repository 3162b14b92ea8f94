"""How an adapter is trained, as a file beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from persona_eval.suite.fields import Frozen

RECIPE_FILE = "recipe.yaml"


class Data(Frozen):
    """Chat data, as JSON Lines of `{"messages": [...]}`. Paths count from the recipe's folder."""

    train: str = Field(default="data/train.jsonl", min_length=1)
    """Conversations to learn from."""
    valid: str | None = Field(default=None, min_length=1)
    """Conversations to validate on, never learnt from."""
    valid_share: float | None = Field(default=None, gt=0, le=0.5)
    """Instead of `valid`: the share of `train` to set aside, chosen by `seed`."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.valid is not None and self.valid_share is not None:
            raise ValueError("give `valid` or `valid_share`, not both")
        return self


class Lora(Frozen):
    """Low-rank updates (Hu et al. 2021, arXiv:2106.09685): W + scale · B·A."""

    rank: int = Field(default=16, ge=1, le=1024)
    """Width of the update."""
    scale: float = Field(default=2.0, gt=0, allow_inf_nan=False)
    """Factor of the update (what PEFT calls alpha / rank)."""
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """Share of the update's inputs that is dropped while training."""
    keys: tuple[str, ...] | None = Field(default=None, min_length=1)
    """Linear layers to adapt, as seen from a block: `self_attn.q_proj`. By default all of them."""
    layers: int | None = Field(default=None, ge=1)
    """How many blocks to adapt, counted from the last. By default all of them."""


class Recipe(Frozen):
    """What to train, on what, and how."""

    base: str = Field(default="gemma3-270m", min_length=1)
    """The base model: a bundled name, an MLX directory or a hub id."""
    data: Data = Data()
    """What it learns from."""
    lora: Lora = Lora()
    """Shape of the adapter."""
    learning_rate: float = Field(default=2e-4, gt=0, lt=1)
    """Highest step size of AdamW."""
    schedule: Literal["constant", "cosine"] = "cosine"
    """Whether the step size stays, or falls to zero along a half cosine."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of all steps over which the step size first rises from zero."""
    batch_size: int = Field(default=8, ge=1)
    """Largest number of examples in a step."""
    epochs: int = Field(default=3, ge=1)
    """How often each example is seen."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Fixes the first weights, the order of examples, dropout and the `valid_share` split."""
    max_length: int = Field(default=512, ge=8)
    """Longest example, in tokens; a longer one is an error and is never cut."""
    clip: float | None = Field(default=1.0, gt=0)
    """Largest norm of a step's gradient; null switches clipping off."""
    weight_decay: float = Field(default=0.0, ge=0, lt=1)
    """Decoupled weight decay of AdamW."""
    select: Literal["best", "last"] = "best"
    """Which epoch's weights to keep: those of lowest validation loss, or the last ones."""

    @model_validator(mode="after")
    def _can_select(self) -> Self:
        if self.select == "best" and self.data.valid is None and self.data.valid_share is None:
            raise ValueError(
                "`select: best` needs validation data: give `data.valid`, or `data.valid_share: "
                "0.1`, or write `select: last`"
            )
        return self


def train_path(recipe: Recipe, folder: Path) -> Path:
    """Where the training data lies, for a recipe in ``folder``."""
    return folder / recipe.data.train


def valid_path(recipe: Recipe, folder: Path) -> Path | None:
    """Where the validation data lies, or None when it is split off or not wanted."""
    return folder / recipe.data.valid if recipe.data.valid else None
