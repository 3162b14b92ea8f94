"""From what the user wrote to a directory, without loading or downloading anything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from persona_eval.errors import ModelError
from persona_eval.models import bundled, locate
from persona_eval.models.locate import stop_texts


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "llama"}')
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def find(spec: str | Path, tmp_path: Path) -> locate.BaseFiles:
    return locate.locate(str(spec), cache=tmp_path / "cache")


def test_a_directory(model: Path, tmp_path: Path) -> None:
    found = find(model, tmp_path)
    assert (found.name, found.path) == ("my-model", model)


def test_here(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(model)
    assert find(".", tmp_path).name == "my-model"


def test_at_home(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find("~/my-model", tmp_path).path == model


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "chat_template.jinja"])
def test_the_fingerprint_is_of_weights_tokenizer_template_and_configuration(
    model: Path, tmp_path: Path, file: str
) -> None:
    before = find(model, tmp_path).fingerprint
    assert find(model, tmp_path).fingerprint == before
    (model / file).write_text('{"model_type": "other"}')
    assert find(model, tmp_path).fingerprint != before


def test_other_files_do_not_count(model: Path, tmp_path: Path) -> None:
    before = find(model, tmp_path).fingerprint
    (model / "README.md").write_text("words")
    assert find(model, tmp_path).fingerprint == before


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("./nowhere", r"no model directory nowhere\. Allowed: `gemma3-270m` \(bundled\)"),
        ("/no/where", "no model directory /no/where"),
        ("gemma3-270", "no model directory gemma3-270"),
        ("a/b/c", "no model directory a/b/c"),
        ("has space/x", "or a hub id like org/name"),
    ],
)
def test_what_is_not_there(spec: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message):
        find(spec, tmp_path)


def test_a_file_instead_of_a_directory(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is a file; give the MLX directory"):
        find(model / "config.json", tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("config.json", None, "holds no config.json"),
        ("config.json", "{", r"config\.json is not JSON"),
        ("config.json", "\x00\udcff", r"config\.json is not JSON"),
        ("model.safetensors", None, "convert the model with mlx_lm.convert"),
    ],
)
def test_an_incomplete_directory(
    model: Path, tmp_path: Path, file: str, content: str | None, message: str
) -> None:
    if content is None:
        (model / file).unlink()
    else:
        (model / file).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(ModelError, match=message):
        find(model, tmp_path)


def test_a_hub_id_is_downloaded_without_what_is_not_needed(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(repo: str, allow_patterns: list[str]) -> str:
        assert repo == "org/name"
        assert "*.bin" not in allow_patterns
        return str(model)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    found = find("org/name", tmp_path)
    assert (found.name, found.path) == ("org/name", model)


@pytest.mark.parametrize("error", [OSError("offline\nmore"), ValueError("")])
def test_a_hub_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def download(repo: str, allow_patterns: list[str]) -> str:
        raise error

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(ModelError, match=r"no local directory 'org/name'.*hf auth login") as caught:
        find("org/name", tmp_path)
    assert "more" not in str(caught.value)


def test_the_bundled_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "ensure_bundled", lambda cache, tell: cache / "made")
    found = find("gemma3-270m", tmp_path)
    assert found == locate.BaseFiles(
        "gemma3-270m", tmp_path / "cache" / "made", bundled.fingerprint()
    )


@pytest.mark.parametrize(
    ("system", "machine", "refused"),
    [("darwin", "x86_64", True), ("darwin", "arm64", False), ("linux", "x86_64", False)],
)
def test_an_intel_mac_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, system: str, machine: str, refused: bool
) -> None:
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    if refused:
        with pytest.raises(ModelError, match="Intel Mac"):
            locate.refuse_intel_mac()
    else:
        locate.refuse_intel_mac()


@pytest.mark.parametrize("written", ["{", "[]", "{}", '{"stop_texts": 3}'])
def test_unreadable_stop_texts_are_named(model: Path, written: str) -> None:
    (model / "persona_eval.json").write_text(written)
    with pytest.raises(ModelError, match=r"persona_eval\.json cannot be read .*left out"):
        stop_texts(model)


def test_stop_texts_of_a_model(model: Path) -> None:
    assert stop_texts(model) == ()
    (model / "persona_eval.json").write_text(json.dumps({"stop_texts": ["\nUser:"]}))
    assert stop_texts(model) == ("\nUser:",)


def test_the_cache_is_the_users() -> None:
    assert locate.user_cache().name == "persona-eval"
