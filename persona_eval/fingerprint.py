"""Fingerprints of files, remembered so that a warm run hashes nothing large."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from persona_eval.notes import Notes

BLOCK = 1 << 20
SMALL = 1 << 20  # below a megabyte hashing is quicker than remembering


def digest_text(*parts: str) -> str:
    """SHA-256 over the parts, borders between them included."""
    return hashlib.sha256("\x1f".join(parts).encode(errors="surrogatepass")).hexdigest()


def digest_json(value: Any) -> str:
    """SHA-256 of a JSON-able value, independent of the order of keys."""
    return digest_text(json.dumps(value, sort_keys=True, ensure_ascii=False, default=str))


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


class FingerprintMemory:
    """Digests of large files by path, size, mtime and inode."""

    def __init__(self, path: Path):
        self.path = path
        self._notes = Notes(path)

    def digest(self, path: Path) -> str:
        """SHA-256 of a file, hashed only when it changed since it was last seen."""
        stat = path.stat()
        if stat.st_size < SMALL:
            return digest_file(path)
        key = str(path.resolve())
        stamp = [stat.st_size, stat.st_mtime_ns, stat.st_ino]
        known = self._notes.get(key)
        if known and known[0] == stamp:
            return str(known[1])
        digest = digest_file(path)
        self._notes.put(key, [stamp, digest])
        return digest

    def digest_folder(self, folder: Path, names: Iterable[str]) -> str:
        """One digest over the named files of a folder, those that exist, with their names."""
        present = sorted(name for name in names if (folder / name).is_file())
        return digest_text(*(f"{name}={self.digest(folder / name)}" for name in present))
