"""Training inside a session: `--persona-train`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from persona_eval.pytest_plugin.adapters import Train
from persona_eval.pytest_plugin.collect import CaseItem, registry

if TYPE_CHECKING:
    from persona_eval.models.base import Model
    from persona_eval.scorers.base import Tools
    from persona_eval.store import Store
    from persona_eval.training.recipe import Recipe


def trainer(session: pytest.Session, model: Model, store: Store, tools: Tools) -> Train | None:
    """What trains a stale adapter; None where the user did not ask for training."""
    config = session.config
    if not config.getoption("persona_train"):
        return None

    def train(recipe: Recipe, folder: Path) -> None:
        """Look at the data first, as `persona-eval train` does."""
        from persona_eval.choosing import chooser
        from persona_eval.lint.adapter import lint_adapter
        from persona_eval.reports.lint import refuse_unsound
        from persona_eval.reports.training import ProgressLines, curve
        from persona_eval.training.train import ensure_trained

        tell = config.get_terminal_writer().line
        suites = {item.path: item.suite for item in session.items if isinstance(item, CaseItem)}
        refuse_unsound(lint_adapter(folder, list(suites.values()), tools), folder, tell)
        measure = chooser(recipe, folder, model, store, tools, lambda _: registry(config))
        base = model.base  # type: ignore[attr-defined]
        tell(curve(ensure_trained(recipe, base, folder, ProgressLines(tell), measure)))

    return train
