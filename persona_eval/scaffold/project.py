"""A new character's files in a project: all of them or none, and nothing overwritten."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from persona_eval.errors import PersonaEvalError
from persona_eval.scaffold.render import Texts
from persona_eval.settings import pytest_file

INI = Path("pytest.ini")
GITIGNORE = Path(".gitignore")
STORE = ".persona_eval/"
IGNORED = (STORE, ".train.lock", "unfinished/", "checkpoints/")
"""What commands leave in a project, and nobody wants in a repository."""


@dataclass(frozen=True)
class Plan:
    """What will be written into a project's folder."""

    root: Path
    files: Mapping[Path, str]
    """By path from the root; none of them is there."""
    kept: tuple[Path, ...] = ()
    """Files of the project that stay as they are."""
    configured: Path | None = None
    """The file that configures pytest already, from the root."""
    ignored: str = ""
    """What is added to a `.gitignore` that is there."""


def plan(root: Path, texts: Texts) -> Plan:
    """Raises PersonaEvalError with the files of the character that are there already."""
    there = [path for path in texts.own if os.path.lexists(root / path)]
    if there:
        listed = "\n".join(map(str, there))
        raise PersonaEvalError(
            f"nothing was written, since these files are there already:\n{listed}\n"
            "Move them away, or choose other folders with --folder NAME"
        )
    configured = pytest_file(root)
    kept = [path for path in texts.shared if os.path.lexists(root / path)]
    left_out = {*kept, *([INI] if configured else [])}
    shared = {path: text for path, text in texts.shared.items() if path not in left_out}
    present = (root / GITIGNORE).is_file()
    lines = "".join(f"{line}\n" for line in IGNORED)
    if not os.path.lexists(root / GITIGNORE):
        shared[GITIGNORE] = lines
    added = lines if present and STORE.rstrip("/") not in _read(root / GITIGNORE) else ""
    return Plan(
        root, {**texts.own, **shared}, tuple(path for path in kept if path != INI),
        configured.relative_to(root) if configured else None, added,
    )  # fmt: skip


def write(planned: Plan) -> None:
    """Put the files in their places. When that fails half-way, what was written is taken back.
    Raises PersonaEvalError where a file cannot be written or has appeared meanwhile."""
    beside = Path(mkdtemp(prefix=".persona-eval-new-", dir=planned.root))
    made: list[Path] = []
    try:
        staged = {planned.root / path: beside / str(n) for n, path in enumerate(planned.files)}
        for copy, text in zip(staged.values(), planned.files.values(), strict=True):
            copy.write_bytes(text.encode("utf-8"))
        for path, copy in staged.items():
            made += _make_folders(path.parent)
            _place(copy, path)
            made.append(path)
        _ignore(planned, beside)
    except BaseException as error:
        _take_back(made)
        if isinstance(error, OSError):
            raise PersonaEvalError(f"nothing was written: {error}") from None
        raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _make_folders(folder: Path) -> list[Path]:
    """The folders that had to be made, outermost first."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir()
    return missing[::-1]


def _place(copy: Path, path: Path) -> None:
    """Move a file to where there is none."""
    try:
        os.link(copy, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(f"{path} is there already") from None
        copy.rename(path)


def _ignore(planned: Plan, beside: Path) -> None:
    if planned.ignored:
        path = planned.root / GITIGNORE
        text = _read(path)
        copy = beside / "gitignore"
        shutil.copy2(path, copy)
        gap = "" if not text or text.endswith("\n") else "\n"
        copy.write_bytes(f"{text}{gap}{planned.ignored}".encode("utf-8", "surrogateescape"))
        os.replace(copy, path)


def _take_back(made: list[Path]) -> None:
    for path in reversed(made):
        path.rmdir() if path.is_dir() else path.unlink()


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "surrogateescape")
