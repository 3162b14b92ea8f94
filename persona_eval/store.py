"""Replies, embeddings and runs in one SQLite file (WAL: many readers, one writer at a time)."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persona_eval.errors import StoreError
from persona_eval.fingerprint import digest_text
from persona_eval.models.base import Reply, Request

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STORE_FILE = "store.sqlite"
BUSY_SECONDS = 30
AT_ONCE = 500  # values in one query; SQLite's oldest limit is 999

SCHEMA = """
CREATE TABLE replies (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, text TEXT NOT NULL, finish_reason TEXT NOT NULL,
    tokens INTEGER NOT NULL, prompt_tokens INTEGER NOT NULL, seconds REAL NOT NULL,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE embeddings (
    embedder TEXT NOT NULL, text TEXT NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (embedder, text)
) WITHOUT ROWID;
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, started REAL NOT NULL, finished REAL, exit_status INTEGER,
    about TEXT NOT NULL
);
CREATE TABLE trials (
    run INTEGER NOT NULL REFERENCES runs, node TEXT NOT NULL, trial INTEGER NOT NULL,
    judgement TEXT NOT NULL, PRIMARY KEY (run, node, trial)
) WITHOUT ROWID;
"""
LIKELIHOODS = "CREATE TABLE likelihoods (key TEXT PRIMARY KEY, value REAL NOT NULL) WITHOUT ROWID"
STEPS = (SCHEMA, LIKELIHOODS)
"""What brings a store from each version to the next."""
SCHEMA_VERSION = len(STEPS)


class Store:
    """The project's store. What a method has written is on disk when it returns."""

    def __init__(self, path: Path):
        self.path = path
        with self._explained():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
            self._use_wal()
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._prepare()

    def _use_wal(self) -> None:
        """SQLite's busy timeout does not cover this: of six processes that made a store at the
        same moment, one in fifty met "database is locked"."""
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _prepare(self) -> None:
        with self._write():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()
            for step in STEPS[version:]:
                for statement in step.split(";"):
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {max(version, SCHEMA_VERSION)}")
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} was written by a newer persona-eval (schema {version}, this one "
                f"knows {SCHEMA_VERSION}). Upgrade, or name another folder with --persona-store"
            )

    def close(self) -> None:
        self._db.close()

    def get(self, key: str) -> Reply | None:
        """The reply of this key, or None."""
        with self._explained():
            row = self._db.execute(
                "SELECT text, finish_reason, tokens, prompt_tokens, seconds FROM replies"
                " WHERE key = ?",
                (key,),
            ).fetchone()
        return Reply(*row) if row else None

    def put(self, key: str, request: Request, reply: Reply) -> None:
        """Keep a reply; the newest one of a key wins."""
        with self._write():
            self._db.execute(
                "INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key, request.key, reply.text, reply.finish_reason, reply.tokens,
                    reply.prompt_tokens, reply.seconds, time.time(),
                ),
            )  # fmt: skip

    def get_many(self, embedder: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Known embeddings by text; shape (dimensions,)."""
        import numpy as np

        by_digest = {digest_text(text): text for text in texts}
        found = {}
        digests = list(by_digest)
        for start in range(0, len(digests), AT_ONCE):
            part = digests[start : start + AT_ONCE]
            marks = ",".join("?" * len(part))
            query = f"SELECT text, vector FROM embeddings WHERE embedder = ? AND text IN ({marks})"
            with self._explained():
                rows = self._db.execute(query, (embedder, *part)).fetchall()
            found.update({by_digest[d]: np.frombuffer(v, dtype=np.float32) for d, v in rows})
        return found

    def put_many(self, embedder: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep embeddings by text."""
        rows = [
            (embedder, digest_text(t), v.astype("float32").tobytes()) for t, v in vectors.items()
        ]
        with self._write():
            self._db.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", rows)

    def get_likelihoods(self, keys: Sequence[str]) -> dict[str, float]:
        """Known log-probabilities by key."""
        found: dict[str, float] = {}
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            marks = ",".join("?" * len(part))
            with self._explained():
                query = f"SELECT key, value FROM likelihoods WHERE key IN ({marks})"
                found.update(self._db.execute(query, tuple(part)).fetchall())
        return found

    def put_likelihoods(self, values: Mapping[str, float]) -> None:
        """Keep log-probabilities by key."""
        with self._write():
            self._db.executemany(
                "INSERT OR REPLACE INTO likelihoods VALUES (?, ?)", list(values.items())
            )

    def begin_run(self, about: Mapping[str, Any]) -> int:
        """Open a run and return its number."""
        with self._write():
            cursor = self._db.execute(
                "INSERT INTO runs (started, about) VALUES (?, ?)",
                (time.time(), json.dumps(about, ensure_ascii=False)),
            )
        return int(cursor.lastrowid or 0)

    def add_trials(self, run: int, node: str, judgements: Sequence[Mapping[str, Any]]) -> None:
        """Keep a case's trials: their replies and judgements."""
        rows = [
            (run, node, number, json.dumps(judgement, ensure_ascii=False))
            for number, judgement in enumerate(judgements)
        ]
        with self._write():
            self._db.executemany("INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?)", rows)

    def latest_trials(self) -> list[dict[str, Any]]:
        """What was kept of each node's trials in the last run that had it, in their order."""
        query = (
            "SELECT judgement FROM trials AS one WHERE run ="
            " (SELECT max(run) FROM trials AS other WHERE other.node = one.node)"
            " ORDER BY node, trial"
        )
        with self._explained():
            return [json.loads(text) for (text,) in self._db.execute(query)]

    def end_run(self, run: int, exit_status: int) -> None:
        """Close a run; one that was killed stays without an end."""
        with self._write():
            self._db.execute(
                "UPDATE runs SET finished = ?, exit_status = ? WHERE id = ?",
                (time.time(), exit_status, run),
            )

    @contextmanager
    def _write(self) -> Iterator[None]:
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # on a full disk SQLite has rolled back by itself
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the store {self.path} cannot be used ({error}). Whatever was finished before is "
                "kept. Free some disk space, check the rights of the folder, or name another "
                "one with --persona-store"
            ) from error
