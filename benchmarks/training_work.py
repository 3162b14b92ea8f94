"""What all ways of training share: a folder with the data, and the settings."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Work:
    """A folder with the data, and the settings."""

    folder: Path
    steps: int
    epochs: int
    batch_size: int
    rank: int
    scale: float
    learning_rate: float
    seed: int

    @classmethod
    def load(cls, folder: Path) -> Work:
        return cls(folder, **json.loads((folder / "settings.json").read_text("utf-8")))

    def save(self) -> None:
        settings = {key: value for key, value in asdict(self).items() if key != "folder"}
        (self.folder / "settings.json").write_text(json.dumps(settings), "utf-8")

    @property
    def timed(self) -> int:
        """Steps of the last epoch: the ones before warm up."""
        return self.steps // self.epochs

    @property
    def train(self) -> Path:
        return self.folder / "data" / "train.jsonl"

    @property
    def valid(self) -> Path:
        """Beside the folder that mlx_lm.lora is given: it would validate on its own, otherwise."""
        return self.folder / "valid.jsonl"

    def adapter(self, way: str) -> Path:
        """Where a way leaves what it made."""
        return self.folder / "adapters" / "".join(filter(str.isalnum, way))

    def examples(self) -> list[dict[str, Any]]:
        """Tokens and learnt spans of each training example, as ``prepare`` wrote them."""
        return list(json.loads((self.folder / "examples.json").read_text("utf-8")))
