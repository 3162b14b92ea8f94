from __future__ import annotations

from pathlib import Path

import pytest
from support import TinyBase, tiny_gemma, tiny_tokenizer


@pytest.fixture
def base() -> TinyBase:
    return TinyBase(tiny_gemma(), tiny_tokenizer())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a tiny base has its files."""
    return tmp_path_factory.mktemp("tiny")
