"""Digests, and a memory for those of large files."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval import fingerprint
from persona_eval.fingerprint import (
    SMALL,
    FingerprintMemory,
    digest_file,
    digest_json,
    digest_text,
)


def test_borders_between_parts_count() -> None:
    assert digest_text("ab", "c") != digest_text("a", "bc")
    assert digest_text("a", "") != digest_text("a")


def test_half_a_surrogate_pair_has_a_digest_too() -> None:
    assert digest_text("\ud83d") != digest_text("?")


@given(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3)))
def test_the_order_of_keys_does_not_count(value: dict[str, object]) -> None:
    backwards = dict(reversed(value.items()))
    assert digest_json(value) == digest_json(backwards)


def test_what_json_does_not_know_is_taken_as_text() -> None:
    assert digest_json({"path": Path("a")}) == digest_json({"path": "a"})


def test_a_file_longer_than_a_block(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * (SMALL + 7))
    assert digest_file(path) == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def big(tmp_path: Path) -> Path:
    path = tmp_path / "big"
    path.write_bytes(b"x" * SMALL)
    return path


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were hashed."""
    names: list[str] = []

    def noting(path: Path) -> str:
        names.append(path.name)
        return digest_file(path)

    monkeypatch.setattr(fingerprint, "digest_file", noting)
    return names


def test_a_large_file_is_hashed_once(tmp_path: Path, big: Path, hashed: list[str]) -> None:
    digests = {FingerprintMemory(tmp_path / "deep" / "memory").digest(big) for _ in range(3)}
    assert digests == {digest_file(big)}
    assert hashed == ["big"]


def test_again_when_it_changed(tmp_path: Path, big: Path, hashed: list[str]) -> None:
    memory = FingerprintMemory(tmp_path / "memory")
    before = memory.digest(big)
    stat = big.stat()
    big.write_bytes(b"y" * SMALL)
    os.utime(big, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert memory.digest(big) != before
    assert len(hashed) == 2


def test_a_small_file_is_always_hashed(tmp_path: Path, hashed: list[str]) -> None:
    small = tmp_path / "small"
    small.write_text("x")
    memory = FingerprintMemory(tmp_path / "memory")
    assert memory.digest(small) == memory.digest(small)
    assert len(hashed) == 2
    assert not memory.path.exists()


@pytest.mark.parametrize("damage", ["", "{", "[]", "\x00"])
def test_a_damaged_memory_is_only_slower(tmp_path: Path, big: Path, damage: str) -> None:
    memory = FingerprintMemory(tmp_path / "memory")
    memory.path.write_text(damage)
    assert memory.digest(big) == digest_file(big)
    assert str(big.resolve()) in memory.path.read_text()


def test_a_memory_that_cannot_be_written_is_only_slower(tmp_path: Path, big: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    assert FingerprintMemory(tmp_path / "taken" / "memory").digest(big) == digest_file(big)


def test_a_folder_by_the_names_and_contents_that_exist(tmp_path: Path) -> None:
    memory = FingerprintMemory(tmp_path / "memory")
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    both = memory.digest_folder(tmp_path, ["b", "a", "missing"])
    assert both == memory.digest_folder(tmp_path, ["a", "b"])
    assert both != memory.digest_folder(tmp_path, ["a"])
    (tmp_path / "b").rename(tmp_path / "c")
    assert both != memory.digest_folder(tmp_path, ["a", "c"]), "names count"
