"""Which adapters a session runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from persona_eval.errors import AdapterError

if TYPE_CHECKING:
    from persona_eval.models.base import Model
    from persona_eval.runner import WornAdapter
    from persona_eval.training.recipe import Recipe

BASE = "base"
NO_FINGERPRINT = "none"
"""Of no adapter."""
MODEL_OPTION = "--persona-model"


def adapters_root(config: pytest.Config) -> Path:
    """The folder that holds the adapters."""
    return config.rootpath / str(config.getini("persona_adapters_dir"))


def adapter_specs(config: pytest.Config) -> list[str]:
    """What the user asked for: option, else ini key, else the only adapter there is; with
    `NAME@all` its checkpoints, one after the other.

    Empty when several adapters exist and none is named, or when there is none at all.
    """
    from persona_eval.training.adapter import expand_adapters, find_adapters

    asked = config.getoption("persona_adapter") or config.getini("persona_adapters")
    if asked:
        with suppress(AdapterError):  # `require_adapters` says so, once
            asked = expand_adapters(asked, adapters_root(config))
        return list(dict.fromkeys(asked))
    found = find_adapters(adapters_root(config))
    return found if len(found) == 1 else []


def adapter_names(config: pytest.Config) -> list[str]:
    """One name for each adapter, as node ids show it. Where nothing can be resolved,
    ``require_adapters`` says so later, once."""
    return [Path(spec).name or spec for spec in adapter_specs(config)] or ["?"]


def require_adapters(config: pytest.Config) -> None:
    """Raise one UsageError when an adapter is missing, instead of one for each case."""
    from persona_eval.training.adapter import find_adapters, resolve_adapter

    root = adapters_root(config)
    specs = adapter_specs(config)
    if not specs:
        found = find_adapters(root)
        listed = f"{root} has: {', '.join(found)}" if found else f"there is none in {root}"
        raise pytest.UsageError(
            f"which adapter? {listed}. Name one with --persona-adapter NAME (`{BASE}` means none), "
            "or in the ini file: persona_adapters = NAME"
        )
    names = adapter_names(config)
    if len(set(names)) < len(names):
        raise pytest.UsageError(f"two adapters have the same name: {', '.join(specs)}")
    for spec in specs:
        try:
            if spec != BASE:
                resolve_adapter(spec, root)
        except AdapterError as error:
            raise pytest.UsageError(str(error)) from None


Train = Callable[["Recipe", Path], None]
"""Trains the recipe in a folder."""


def ready_adapter(spec: str, root: Path, model: Model, train: Train | None) -> WornAdapter:
    """The adapter of a name or folder, finished: trained now if it is stale and ``train`` given.

    Raises AdapterError with the command to run when it is stale, or made for another base.
    """
    from persona_eval.models.adapter_files import adapter_digest
    from persona_eval.runner import WornAdapter
    from persona_eval.training.adapter import load_adapter, resolve_adapter

    if spec == BASE:
        return WornAdapter(BASE, None, NO_FINGERPRINT)
    folder = resolve_adapter(spec, root)
    _make_current(folder, model, train)
    adapter = load_adapter(folder)
    name = Path(spec).name if "@" in spec else adapter.name
    return WornAdapter(name, folder, adapter_digest(folder))


def _make_current(folder: Path, model: Model, train: Train | None) -> None:
    from persona_eval.training.current import outdated, own_recipe, require_current

    if train is None:
        instead = " (or add --persona-train to this command)"
        require_current(folder, model, MODEL_OPTION, instead)
    elif (recipe := own_recipe(folder)) and outdated(recipe, folder, model, MODEL_OPTION):
        train(recipe, folder)


class Unchanged:
    """Remembers what adapters were when the run began: the replies of another one would be
    kept under a wrong name."""

    def __init__(self, adapters: Iterable[WornAdapter]):
        self._digests = {adapter: _digest(adapter) for adapter in adapters}

    def require(self, adapter: WornAdapter) -> None:
        """Raise AdapterError when the files of an adapter are no longer the same."""
        if _digest(adapter) != self._digests[adapter]:
            raise AdapterError(
                f"the adapter {adapter.folder} was changed while this run was under way. What it "
                "had answered before is kept: run again"
            )


def _digest(adapter: WornAdapter) -> str | None:
    """None for no adapter, and for a folder that no adapter files are read from."""
    from persona_eval.models.adapter_files import adapter_digest

    try:
        return None if adapter.folder is None else adapter_digest(adapter.folder)
    except (AdapterError, OSError):
        return None
