"""Facts that are dear to find and small to keep: one JSON file in the user's cache."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class Notes:
    """Values by key. A file that cannot be read or written is only slower, never an error."""

    def __init__(self, path: Path):
        self.path = path

    def get(self, key: str) -> Any:
        """The value, or None."""
        return self._read().get(key)

    def put(self, key: str, value: Any) -> None:
        """Keep a value that JSON can hold, if that is possible."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            beside = self.path.with_name(f"{self.path.name}.{os.getpid()}")
            beside.write_text(json.dumps({**self._read(), key: value}, indent=1, sort_keys=True))
            os.replace(beside, self.path)
        except OSError:
            return

    def _read(self) -> dict[str, Any]:
        try:
            data = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}
