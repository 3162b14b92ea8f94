"""The project's store: what was written is there, also for another process."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import StoreError
from persona_eval.history import Runs
from persona_eval.models.base import Message, Reply, Request
from persona_eval.store import AT_ONCE, SCHEMA, SCHEMA_VERSION, Store
from persona_eval.suite.card import Generation

ASKED = Request("a/0/0/0", (Message("user", "Hi"),), Generation())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = Store(path)
    yield opened
    opened.close()


OLD_TRIAL = {
    "suite": "ned/a.suite.yaml", "case": "tea", "adapter": "ned", "passed": True, "error": None,
    "replies": [{"text": "Ho", "finish_reason": "stop"}], "scores": [],
}  # fmt: skip
"""As the second version kept one."""


def reply(text: str = "Ho") -> Reply:
    return Reply(text, "length", 3, 5, 0.25)


def test_a_reply_comes_back_as_it_was(store: Store) -> None:
    assert store.get("key") is None
    store.put("key", ASKED, reply())
    assert store.get("key") == reply()


def test_it_is_on_disk_at_once_and_for_others(store: Store, path: Path) -> None:
    store.put("key", ASKED, reply())
    other = Store(path)
    assert other.get("key") == reply()
    other.close()


def test_the_newest_reply_of_a_key_wins(store: Store) -> None:
    store.put("key", ASKED, reply("old"))
    store.put("key", ASKED, reply("new"))
    found = store.get("key")
    assert found is not None
    assert found.text == "new"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_survives(text: str) -> None:
    store = Store(Path(":memory:"))
    store.put("key", ASKED, reply(text))
    found = store.get("key")
    assert found is not None
    assert found.text == text
    store.close()


def test_embeddings_by_embedder_and_text(store: Store) -> None:
    vectors = {f"text {n}": np.arange(4, dtype=np.float32) + n for n in range(AT_ONCE + 3)}
    store.put_many("e", vectors)
    found = store.get_many("e", [*vectors, "unknown"])
    assert found.keys() == vectors.keys()
    assert all((found[text] == vector).all() for text, vector in vectors.items())
    assert store.get_many("other", list(vectors)) == {}
    assert store.get_many("e", []) == {}


def test_embeddings_are_kept_as_float32(store: Store) -> None:
    store.put_many("e", {"a": np.array([0.5, 0.25], dtype=np.float64)})  # type: ignore[dict-item]
    assert store.get_many("e", ["a"])["a"].tolist() == [0.5, 0.25]


def test_judgements_by_key(store: Store) -> None:
    store.put_judgements({f"k{n}": json.dumps({"passed": True}) for n in range(1100)})
    found = store.get_judgements([f"k{n}" for n in range(1000, 1200)])
    assert len(found) == 100
    assert json.loads(found["k1000"]) == {"passed": True}


def test_likelihoods_by_key(store: Store) -> None:
    keys = [f"k{n}" for n in range(1200)]
    store.put_likelihoods({key: -float(n) for n, key in enumerate(keys[:1100])})
    found = store.get_likelihoods(keys)
    assert len(found) == 1100
    assert found["k7"] == -7.0


def test_a_store_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA)
        db.execute("PRAGMA user_version = 1")
        db.execute("INSERT INTO embeddings VALUES ('m', 'd', x'00')")
        db.execute("INSERT INTO runs VALUES (1, 2.0, 3.0, 0, '{}')")
        db.execute("INSERT INTO trials VALUES (1, 'a::tea[ned]', 0, ?)", (json.dumps(OLD_TRIAL),))
        db.execute("INSERT INTO trials VALUES (1, 'a::older[ned]', 0, '{\"passed\": true}')")
    db.close()
    store = Store(path)
    store.put_likelihoods({"k": -1.0})
    assert store.get_likelihoods(["k"]) == {"k": -1.0}
    (trial,) = Runs(store).latest()
    assert (trial.suite, trial.case, trial.adapter) == ("ned/a.suite.yaml", "tea", "ned")
    assert (trial.passed, trial.replies) == (True, (("Ho", "stop"),))
    store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM embeddings").fetchone() == (1,)
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
    db.close()


def test_a_store_opens_again_with_what_it_holds(path: Path) -> None:
    for _ in range(3):
        store = Store(path)
        store.put("key", ASKED, reply())
        store.close()
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


class Odd:
    """No vector: its bytes are none."""

    def astype(self, _: str) -> Odd:
        return self

    def tobytes(self) -> object:
        return self


def test_a_failed_write_leaves_nothing_half_done(store: Store) -> None:
    good = np.zeros(2, dtype=np.float32)
    with pytest.raises(StoreError, match="type 'Odd' is not supported"):
        store.put_many("e", {"good": good, "bad": Odd()})  # type: ignore[dict-item]
    assert store.get_many("e", ["good"]) == {}
    store.put("key", ASKED, reply())
    assert store.get("key") == reply()


def test_a_newer_schema_is_not_touched(path: Path) -> None:
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(StoreError, match=r"written by a newer persona-eval.*--persona-store"):
        Store(path)


@pytest.mark.parametrize("content", [b"not a database, but a text " * 99])
def test_a_file_that_is_no_store(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"store\.sqlite cannot be used \(file is not a database"):
        Store(path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StoreError, match="name another one with --persona-store"):
        Store(tmp_path / "taken" / "store.sqlite")


def test_a_closed_store_says_so(path: Path) -> None:
    store = Store(path)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.get("key")


WRITER = """
import sys
import time
from pathlib import Path
from persona_eval.store import Store
from persona_eval.models.base import Message, Reply, Request
from persona_eval.suite.models import Generation

asked = Request("k", (Message("user", "Hi"),), Generation())
time.sleep(max(0.0, float(sys.argv[3]) - time.time()))  # all at the same moment
for round in range(5):
    store = Store(Path(sys.argv[1]))
    for n in range(10):
        store.put(f"{sys.argv[2]}/{round}/{n}", asked, Reply("Ho", "stop", 1, 1, 0.0))
    store.close()
"""


def test_several_processes_make_and_fill_it_at_once(path: Path) -> None:
    start = time.time() + 3
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), str(n), str(start)],
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(4)
    ]
    errors = [process.communicate(timeout=100)[1] for process in processes]
    assert errors == [""] * 4
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*) FROM replies").fetchone() == (4 * 5 * 10,)


def test_a_store_that_stays_locked_is_an_error_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persona_eval.store.BUSY_SECONDS", 0.05)
    holder = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="database is locked"):
        Store(tmp_path / "store.sqlite")
    holder.close()
