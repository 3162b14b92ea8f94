from __future__ import annotations

import pytest
from support import TinyBase, tiny_gemma, tiny_tokenizer


@pytest.fixture
def base() -> TinyBase:
    return TinyBase(tiny_gemma(), tiny_tokenizer())
