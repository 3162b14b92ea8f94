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
    type: Literal["lora", "dora"] = "lora"
    """`dora` learns the length of each output's weights besides (Liu et al. 2024, arXiv:2402.09353)."""


class Checkpoints(Frozen):
    """When weights are looked at and kept while training: `--persona-adapter NAME@STEP`."""

    every: int | None = Field(default=None, ge=1)
    """Steps from one to the next. By default at the end of each epoch."""
    keep: int | None = Field(default=None, ge=1)
    """How many to keep: the best, then the newest. By default all."""


class SuiteChoice(Frozen):
    """A quick subset of suites that chooses among checkpoints."""

    path: str = Field(min_length=1)
    """Folder or file of suites. Counts from the recipe's folder."""
    cases: int = Field(default=24, ge=1)
    """How many cases, spread over categories and controls, the same for each checkpoint."""
    trials: int = Field(default=1, ge=1)
    """Replies a case."""


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
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    """Whether the step size stays, or falls to zero along a line or a half cosine."""
    warmup: float = Field(default=0.05, ge=0, lt=1)
    """Share of all steps over which the step size first rises from zero."""
    batch_size: int = Field(default=8, ge=1)
    """Largest number of examples that are computed together."""
    accumulate: int = Field(default=1, ge=1)
    """Batches whose gradients make one step: larger steps in the same memory."""
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
    checkpoints: Checkpoints = Checkpoints()
    """When weights are looked at and kept."""
    select: Literal["best", "last", "suite"] = "best"
    """Which checkpoint becomes the adapter: that of lowest validation loss, the last one, or the one that passes most of `suite`."""
    suite: SuiteChoice | None = None
    """For `select: suite`: the cases that choose."""
    patience: int | None = Field(default=None, ge=1)
    """Stop after so many checkpoints in a row that are no better than the best. By default never."""

    @model_validator(mode="after")
    def _can_select(self) -> Self:
        if self.select == "best" and self.data.valid is None and self.data.valid_share is None:
            raise ValueError(
                "`select: best` needs validation data: give `data.valid`, or `data.valid_share: "
                "0.1`, or write `select: last`"
            )
        if (self.select == "suite") != (self.suite is not None):
            raise ValueError(
                "`select: suite` and `suite:` belong together: `select: suite` with `suite: "
                "{path: ../../suites/NAME}`, or neither"
            )
        if self.patience is not None and self.select == "last":
            raise ValueError(
                "`patience` needs to know what is better: `select: best` or `select: suite`"
            )
        return self


def train_path(recipe: Recipe, folder: Path) -> Path:
    """Where the training data lies, for a recipe in ``folder``."""
    return folder / recipe.data.train


def valid_path(recipe: Recipe, folder: Path) -> Path | None:
    """Where the validation data lies, or None when it is split off or not wanted."""
    return folder / recipe.data.valid if recipe.data.valid else None
