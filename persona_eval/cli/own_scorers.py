"""Scorers of a user's ``conftest.py``, for commands that run without pytest."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.util import module_from_spec, spec_from_file_location
from inspect import signature
from pathlib import Path

from persona_eval.errors import DataError, Problem
from persona_eval.scorers.base import Scorer

HOOK = "pytest_persona_scorers"


def conftest_scorers(folder: Path) -> list[type[Scorer]]:
    """What the hook ``pytest_persona_scorers`` returns in the ``conftest.py`` files from the
    working directory (or the folder itself, outside it) down to ``folder``.

    A ``conftest.py`` that does not name the hook is not run. Raises DataError for one that
    cannot be.
    """
    folder, here = folder.resolve(), Path.cwd().resolve()
    above = [parent for parent in (folder, *folder.parents) if parent.is_relative_to(here)]
    found: list[type[Scorer]] = []
    for parent in reversed(above or [folder]):
        found += [scorer for scorer in _of(parent / "conftest.py") if scorer not in found]
    return found


def _of(path: Path) -> list[type[Scorer]]:
    if not path.is_file() or HOOK not in path.read_text(encoding="utf-8"):
        return []
    name = f"persona_eval_conftest_{abs(hash(path))}"
    spec = spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
        hook = getattr(module, HOOK, None)
        return list(_call(hook) or ()) if hook else []
    except Exception as error:
        message = f"cannot be run for its {HOOK}: {type(error).__name__}: {error}"
        raise DataError([Problem(path, 0, 0, "", message)]) from error


def _call(hook: Callable[..., Sequence[type[Scorer]] | None]) -> Sequence[type[Scorer]] | None:
    """A hook may leave out arguments that it does not need, as everywhere in pytest."""
    return hook(config=None) if "config" in signature(hook).parameters else hook()
