"""Requests that differ in their settings alone share what they have in common."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import tiny_gemma
from tiny_batches import EOS, biased, loaded, only, plain, request

from persona_eval.models.base import Reply, Request
from persona_eval.models.batching import MLXBatch
from persona_eval.models.mlx import LoadedBase

SETTINGS = [
    {"temperature": heat, "min_tokens": least, "max_tokens": most, "top_k": 20, "stop": stop}
    for heat in (0.0, 0.6, 1.2)
    for least in (0, 4, 8)
    for most, stop in ((12, ()), (20, ("e",)))
]
ASKED = [request(f"a/{trial}/0/0", **each) for trial in range(2) for each in SETTINGS]


@pytest.fixture(scope="module")
def base(folder: Path) -> LoadedBase:
    return loaded(folder, biased(tiny_gemma(), {EOS: 3.0}))


@pytest.fixture(scope="module")
def alone(base: LoadedBase) -> list[Any]:
    return [plain(only(base, each)) for each in ASKED]


def answered(batch: MLXBatch, requests: Sequence[Request]) -> dict[int, Reply]:
    """Replies by identity of the request, as keys are the same for many."""
    found: dict[int, Reply] = {}
    batch.submit(requests)
    while batch.pending:
        for asked, reply in batch.step():
            assert isinstance(reply, Reply)
            assert id(asked) not in found
            found[id(asked)] = reply
    return found


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(len(ASKED))), size=st.integers(1, 12))
def test_a_reply_is_the_same_with_and_without_others_of_its_key(
    base: LoadedBase, alone: list[Any], order: list[int], size: int
) -> None:
    batch = MLXBatch(base, size)
    found = answered(batch, [ASKED[index] for index in order])
    batch.close()
    assert [plain(found[id(each)]) for each in ASKED] == alone


def rows_of(base: LoadedBase, requests: Sequence[Request], monkeypatch: pytest.MonkeyPatch) -> int:
    """Rows of all steps that the model made for these requests."""
    batch, rows = MLXBatch(base, 32), []
    step = batch._decoder.step

    def counted(tokens: Sequence[int], *rest: Any) -> Any:
        rows.append(len(tokens))
        return step(tokens, *rest)

    monkeypatch.setattr(batch._decoder, "step", counted)
    answered(batch, requests)
    return sum(rows)


def test_what_changes_nothing_costs_nothing(
    base: LoadedBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = [request(top_p=p, temperature=0, max_tokens=9) for p in (0.5, 0.9, 1.0)]
    alone = rows_of(base, same[:1], monkeypatch)
    assert rows_of(base, same, monkeypatch) == alone


def test_no_more_rows_than_without_sharing(
    base: LoadedBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = sum(rows_of(base, [each], monkeypatch) for each in ASKED)
    assert rows_of(base, ASKED, monkeypatch) < apart


def test_a_longer_limit_goes_on_where_a_shorter_one_ends(base: LoadedBase) -> None:
    short, long = request(max_tokens=3, min_tokens=12), request(max_tokens=12, min_tokens=12)
    batch = MLXBatch(base, 4)
    found = answered(batch, [short, long])
    assert (found[id(short)].tokens, found[id(long)].tokens) == (3, 12)
    assert found[id(long)].text.startswith(found[id(short)].text)


def test_a_request_that_comes_late_begins_anew(base: LoadedBase) -> None:
    one, other = ASKED[:2]
    batch = MLXBatch(base, 4)
    batch.submit([one])
    batch.step()
    found = answered(batch, [other])
    assert plain(found[id(other)]) == plain(only(base, other))
