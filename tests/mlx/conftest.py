from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attempts import RECIPE, Built, Try
from support import TinyBase, chat, tiny_gemma, tiny_tokenizer, write_jsonl

from persona_eval.cli import main
from persona_eval.models.locate import BaseFiles
from persona_eval.scorers.base import Tools


@pytest.fixture(scope="session", autouse=True)
def _probes_of_tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is probed here is no business of the user's cache."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("persona_eval.models.mlx.user_cache", lambda: cache)
        yield


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


@pytest.fixture
def attempt(folder: Path, tully: Path, monkeypatch: pytest.MonkeyPatch) -> Try:
    """Runs `persona-eval try` on tiny bases, in the character's folder."""
    (tully / "recipe.yaml").write_text(RECIPE)
    monkeypatch.chdir(tully.parent)
    monkeypatch.setattr(Built, "loads", [])
    where = "persona_eval.tries.sweep.locate"
    monkeypatch.setattr(where, lambda spec: BaseFiles(spec, folder, f"of {spec}"))
    monkeypatch.setattr("persona_eval.cli.try_.MLXModel", lambda files: Built(files, 4))
    monkeypatch.setattr("persona_eval.cli.try_.default_tools", lambda *_: Tools())
    return lambda *arguments: main(["try", "tully", *arguments])
