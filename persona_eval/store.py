"""Replies, embeddings and runs in one SQLite file (WAL: many readers, one writer at a time)."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
RUNS = """
ALTER TABLE runs ADD COLUMN token TEXT;
ALTER TABLE runs ADD COLUMN gate TEXT;
CREATE UNIQUE INDEX runs_by_token ON runs (token);
CREATE TABLE judgements (key TEXT PRIMARY KEY, judgement TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE texts (key TEXT PRIMARY KEY, replies TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE cases (
    run INTEGER NOT NULL REFERENCES runs, adapter TEXT NOT NULL, suite TEXT NOT NULL,
    case_id TEXT NOT NULL, facts TEXT NOT NULL, PRIMARY KEY (run, adapter, suite, case_id)
) WITHOUT ROWID;
ALTER TABLE trials RENAME TO old_trials;
CREATE TABLE trials (
    run INTEGER NOT NULL REFERENCES runs, adapter TEXT NOT NULL, suite TEXT NOT NULL,
    case_id TEXT NOT NULL, trial INTEGER NOT NULL, passed INTEGER, extra INTEGER NOT NULL,
    texts TEXT NOT NULL, judgement TEXT NOT NULL,
    PRIMARY KEY (run, adapter, suite, case_id, trial)
) WITHOUT ROWID;
INSERT OR REPLACE INTO texts
    SELECT run || ' ' || node || ' ' || trial, json_extract(judgement, '$.replies')
    FROM old_trials WHERE json_extract(judgement, '$.replies') IS NOT NULL;
INSERT OR REPLACE INTO judgements
    SELECT run || ' ' || node || ' ' || trial, judgement
    FROM old_trials WHERE json_extract(judgement, '$.replies') IS NOT NULL;
INSERT OR REPLACE INTO trials
    SELECT run, json_extract(judgement, '$.adapter'), json_extract(judgement, '$.suite'),
        json_extract(judgement, '$.case'), trial, json_extract(judgement, '$.passed'), 0,
        run || ' ' || node || ' ' || trial, run || ' ' || node || ' ' || trial
    FROM old_trials WHERE json_extract(judgement, '$.replies') IS NOT NULL;
DROP TABLE old_trials
"""
STEPS = (SCHEMA, LIKELIHOODS, RUNS)
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
        row = (
            key, request.key, reply.text, reply.finish_reason, reply.tokens, reply.prompt_tokens,
            reply.seconds, time.time(),
        )  # fmt: skip
        self.write("INSERT OR REPLACE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [row])

    def get_many(self, embedder: str, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Known embeddings by text; shape (dimensions,)."""
        import numpy as np

        by_digest = {digest_text(text): text for text in texts}
        query = "SELECT text, vector FROM embeddings WHERE embedder = ? AND text IN"
        rows = self.rows_in(query, list(by_digest), before=(embedder,))
        return {by_digest[d]: np.frombuffer(v, dtype=np.float32) for d, v in rows}

    def put_many(self, embedder: str, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Keep embeddings by text."""
        rows = [
            (embedder, digest_text(t), v.astype("float32").tobytes()) for t, v in vectors.items()
        ]
        self.write("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", rows)

    def get_likelihoods(self, keys: Sequence[str]) -> dict[str, float]:
        """Known log-probabilities by key."""
        return dict(self.rows_in("SELECT key, value FROM likelihoods WHERE key IN", keys))

    def put_likelihoods(self, values: Mapping[str, float]) -> None:
        """Keep log-probabilities by key."""
        self.write("INSERT OR REPLACE INTO likelihoods VALUES (?, ?)", values.items())

    def get_judgements(self, keys: Sequence[str]) -> dict[str, str]:
        """Known judgements by key, as JSON."""
        return dict(self.rows_in("SELECT key, judgement FROM judgements WHERE key IN", keys))

    def put_judgements(self, judgements: Mapping[str, str]) -> None:
        """Keep judgements by key."""
        self.write("INSERT OR REPLACE INTO judgements VALUES (?, ?)", judgements.items())

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._explained():
            return self._db.execute(query, tuple(values)).fetchall()

    def rows_in(
        self, query: str, keys: Sequence[str], before: Sequence[Any] = ()
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of a query that ends in ``IN``, for as many keys as there are. ``before`` are the
        values of earlier marks."""
        for start in range(0, len(keys), AT_ONCE):
            part = keys[start : start + AT_ONCE]
            yield from self.rows(f"{query} ({','.join('?' * len(part))})", [*before, *part])

    def write(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each row of values, all or none."""
        with self._write():
            self._db.executemany(statement, rows)

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
