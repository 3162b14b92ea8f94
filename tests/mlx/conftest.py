from __future__ import annotations

from pathlib import Path

import pytest
from support import TinyBase, chat, tiny_gemma, tiny_tokenizer, write_jsonl


@pytest.fixture
def base() -> TinyBase:
    return TinyBase(tiny_gemma(), tiny_tokenizer())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a tiny base has its files."""
    return tmp_path_factory.mktemp("tiny")


@pytest.fixture
def tully(tmp_path: Path) -> Path:
    """A character's folder with chats to train on."""
    folder = tmp_path / "tully"
    rows = [chat(f"Hi {n}!", "Hello!" * (n % 3 + 1)) for n in range(9)]
    write_jsonl(folder / "data/train.jsonl", rows)
    write_jsonl(folder / "data/valid.jsonl", [chat("Hi you!", "Hello!"), chat("A", "B", "C", "D")])
    return folder
