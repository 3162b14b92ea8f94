"""A small character in a working directory of its own, and an embedder that loads nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from persona_eval.scorers.base import Tools

SUITE = """
persona: persona.yaml
defaults: {pack: none}
cases:
  - id: drink
    category: in_character
    prompt: What do you drink?
    expect: [contains: rum]
    good: [Rum!]
    bad: [Tea.]
  - id: twice
    category: in_character
    turns:
      - {user: Who are you?, expect: [contains: Rosa]}
      - {user: And your ship?, expect: [contains: Gull]}
"""


class Letters:
    """Embeds a text by its letters."""

    name = "letters"

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        counts = [[1.0 + text.count(chr(97 + n)) for n in range(26)] for text in texts]
        vectors = np.array(counts, dtype=np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for command in ("score", "check"):
        monkeypatch.setattr(
            f"persona_eval.cli.{command}.default_tools", lambda _=None: Tools(embedder=Letters())
        )
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "suites"
    folder.mkdir()
    (folder / "persona.yaml").write_text("{name: Rosa, description: A pirate}")
    (folder / "a.suite.yaml").write_text(SUITE)
    return tmp_path
