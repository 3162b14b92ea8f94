"""What pytest's configuration in a folder says, for commands that run without pytest."""

from __future__ import annotations

import configparser
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# In the order in which pytest looks for them.
_TABLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "pytest.toml": (("pytest",),),
    ".pytest.toml": (("pytest",),),
    "pytest.ini": (("pytest",),),
    ".pytest.ini": (("pytest",),),
    "pyproject.toml": (("tool", "pytest", "ini_options"), ("tool", "pytest")),
    "tox.ini": (("pytest",),),
    "setup.cfg": (("tool:pytest",),),
}


def pytest_file(folder: Path) -> Path | None:
    """The file that configures pytest in this folder, or None."""
    return next((path for path, _ in _configured(folder)), None)


def pytest_setting(folder: Path, key: str) -> list[str]:
    """The words of a setting; none where it isn't set. A file that cannot be read is pytest's
    to complain about."""
    _, table = next(_configured(folder), (None, {}))
    value = table.get(key, [])
    return shlex.split(value) if isinstance(value, str) else [str(each) for each in value]


def _configured(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    for name, places in _TABLES.items():
        path = folder / name
        data = _read(path) if path.is_file() else None
        if data is None:
            continue
        tables = (table for place in places if (table := _at(data, place)) is not None)
        found = next(tables, {} if "pytest." in name else None)  # those count even when empty
        if found is not None:
            yield path, found


def _at(data: Any, place: tuple[str, ...]) -> dict[str, Any] | None:
    for key in place:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else None


def _read(path: Path) -> dict[str, Any] | None:
    try:
        text = path.read_text("utf-8")
        if path.suffix == ".toml":
            return tomllib.loads(text)
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(text)
        return {name: dict(parser[name]) for name in parser.sections()}
    except (OSError, ValueError, configparser.Error):
        return None
