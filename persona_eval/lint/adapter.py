"""The data of an adapter, held against the suites of its character."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from persona_eval.errors import ModelError
from persona_eval.lint.findings import LintReport
from persona_eval.lint.limits import Limits
from persona_eval.lint.lint import lint
from persona_eval.scorers.base import Tools
from persona_eval.suite.models import Suite
from persona_eval.training.recipe import RECIPE_FILE
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import read_sources


def suites_of(adapter: str, suites: Sequence[Suite]) -> list[Suite]:
    """The suites of an adapter's character: all where they have one card; else those beside the
    card whose folder gives the adapter its name (`tully` for `tully` and `tully-r32`); none
    where no folder does."""
    cards = {suite.persona_path.resolve() for suite in suites}
    if len(cards) < 2:
        return list(suites)
    names = {card: card.parent.name for card in cards}
    fitting = [card for card, name in names.items() if _named_after(adapter, name)]
    best = max(fitting, key=lambda card: len(names[card]), default=None)
    return [suite for suite in suites if suite.persona_path.resolve() == best]


def lint_adapter(folder: Path, suites: Sequence[Suite], tools: Tools) -> LintReport:
    """The lint of the data that a folder's recipe names. Raises DataError for a recipe or data
    that cannot be read."""
    recipe = load_recipe(folder / RECIPE_FILE)
    sources = read_sources(recipe, folder)
    own = suites_of(folder.resolve().name, suites)
    card = own[0].persona if own else None
    limits = Limits(max_length=recipe.max_length)
    try:
        return lint(sources.train, card, own, tools, limits, sources.valid)
    except ModelError:  # the rest of the lint is worth having without vectors
        return lint(sources.train, card, own, Tools(), limits, sources.valid)


def _named_after(adapter: str, folder: str) -> bool:
    return adapter == folder or adapter.startswith(tuple(f"{folder}{mark}" for mark in "-_."))
