"""What is written down about a run besides its trials."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persona_eval.identity import digest_of, place_of
from persona_eval.judge import code_digest
from persona_eval.reports.github import actions_run

if TYPE_CHECKING:
    import pytest

    from persona_eval.models.base import Model
    from persona_eval.pytest_plugin.folders import Folder
    from persona_eval.runner import WornAdapter
    from persona_eval.scorers.base import Tools

PACKAGES = ("persona-eval", "mlx", "mlx-lm", "transformers", "sentence-transformers", "numpy")


def about_run(
    config: pytest.Config,
    model: Model,
    worn: Mapping[str, WornAdapter],
    tools: Tools,
    folders: Iterable[Folder],
) -> dict[str, Any]:
    """Model, adapters with their data, suites, settings, versions, commit and host: plain JSON,
    the same in all processes of a session."""
    root, folders = config.rootpath, list(folders)
    return {
        "model": {"name": model.name, "fingerprint": model.fingerprint},
        "engine": model.engine,
        "adapters": {name: _adapter(adapter, root) for name, adapter in worn.items()},
        "suites": {
            place_of(suite.path): {
                "path": _inside(suite.path, root),
                "card": _inside(suite.persona_path, root),
                "digest": digest_of(suite.path, suite.persona),
            }
            for folder in folders
            for suite in folder.suites
        },
        "gates": {folder.path.name: folder.policy.model_dump() for folder in folders},
        "judged_by": {
            "code": code_digest(),
            "vectors": tools.vectors,
        },
        "arguments": list(config.invocation_params.args),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        "python": platform.python_version(),
        "host": {
            "name": platform.node(),
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
        },
        "git": _commit(root),
        "ci": ci.url if (ci := actions_run(os.environ)) else None,
    }


def _adapter(adapter: WornAdapter, root: Path) -> dict[str, Any]:
    from persona_eval.training.adapter import read_manifest

    manifest = read_manifest(adapter.folder) if adapter.folder else None
    return {
        "fingerprint": adapter.fingerprint,
        "folder": _inside(adapter.folder, root) if adapter.folder else None,
        "data": manifest.data_fingerprint if manifest else None,
        "recipe": manifest.recipe_fingerprint if manifest else None,
        "examples": manifest.train_examples if manifest else None,
    }


def _inside(path: Path, root: Path) -> str:
    """Relative to the project where that is possible."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit(root: Path) -> dict[str, Any] | None:
    """The commit that is checked out, and whether anything differs from it; None outside git."""
    try:
        head = _git(root, "rev-parse", "HEAD")
        return {"commit": head, "changed": bool(_git(root, "status", "--porcelain", "-uno"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=root, capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
