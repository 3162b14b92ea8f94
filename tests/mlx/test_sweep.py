"""A sweep on a tiny model: every setting is tried with the same luck."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_batches import loaded

from persona_eval.judge import Judge
from persona_eval.models.batching import MLXBatch
from persona_eval.models.mlx import LoadedBase
from persona_eval.runner import Runner
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import default_registry
from persona_eval.store import Store
from persona_eval.suite.load import load_suite
from persona_eval.suite.policy import GatePolicy
from persona_eval.sweeps.characters import Character
from persona_eval.sweeps.outcome import SweepOutcome
from persona_eval.sweeps.running import BASE, Sweeper
from persona_eval.sweeps.written import read_grid

SUITE = """\
persona: persona.yaml
defaults: {trials: 2, generation: {max_tokens: 9, repetition_penalty: 1, top_k: 0, top_p: 1}}
cases:
  - {id: hi, category: clarify, prompt: "Hi there, you!", pack: none, expect: [words: {max: 4}]}
  - {id: ho, category: clarify, prompt: "Hi there, me!", pack: none, expect: [words: {max: 4}]}
"""


class TinyModel:
    """A model whose batches are real."""

    name, engine, fingerprint = "tiny", "cpu-float32", "f"

    def __init__(self, base: LoadedBase, size: int):
        self._base, self._size = base, size

    def wear(self, adapter: Path | None) -> None:
        assert adapter is None

    def open(self) -> MLXBatch:
        return MLXBatch(self._base, self._size)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "store.sqlite")
    yield store
    store.close()


def sweep(folder: Path, store: Store, size: int, *settings: str) -> SweepOutcome:
    (folder / "persona.yaml").write_text("name: Bo\n")
    (folder / "a.suite.yaml").write_text(SUITE)
    registry = default_registry()
    suite = load_suite(folder / "a.suite.yaml", registry)
    runner = Runner(TinyModel(loaded(folder), size), store)
    sweeper = Sweeper(runner, lambda _: Judge(registry, store), store, Tools())
    cases = tuple((suite, case) for case in suite.cases)
    character = Character(folder, GatePolicy(), None, cases)
    return sweeper.sweep(read_grid(settings, "--set"), [character], BASE)


def texts(store: Store) -> list[tuple[str, list[str]]]:
    """All replies by the request that they answer."""
    found: dict[str, list[str]] = {}
    for request, text in store.rows("SELECT request, text FROM replies ORDER BY request, text"):
        found.setdefault(request, []).append(text)
    return sorted(found.items())


def test_settings_that_change_nothing_give_the_same_replies(tmp_path: Path, store: Store) -> None:
    """With draws of their own, replies of nine tokens would not agree."""
    outcome = sweep(tmp_path, store, 8, "temperature=1,1.0000001,1.0000002")
    replies = texts(store)
    assert len(replies) == 4, "two cases with two trials"
    assert [len(said) for _, said in replies] == [3, 3, 3, 3]
    assert all(len(set(said)) == 1 for _, said in replies)
    assert len({said[0] for _, said in replies}) == 4
    assert [effect.difference for effect in outcome.effects] == [0]
    assert outcome.points[0].replies == 4


def test_the_batch_does_not_matter_and_a_second_sweep_asks_for_nothing(tmp_path: Path) -> None:
    found = []
    for size in (1, 5):
        store = Store(tmp_path / f"{size}.sqlite")
        asked = ("temperature=0.5,2", "min_tokens=0,5")
        found.append((sweep(tmp_path, store, size, *asked), texts(store)))
        before = store.rows("SELECT count(*), max(created) FROM replies")
        assert sweep(tmp_path, store, size, *asked) == found[-1][0]
        assert store.rows("SELECT count(*), max(created) FROM replies") == before
        store.close()
    assert found[0] == found[1]
