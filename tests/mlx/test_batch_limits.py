"""What a batch admits and refuses: size, memory, context, templates, damaged weights."""

from __future__ import annotations

from pathlib import Path

import mlx.core as mx
import pytest
from support import tiny_llama, tiny_tokenizer
from tiny_batches import MANY, loaded, plain, replies, request

from persona_eval.errors import EngineError, ModelError
from persona_eval.models.base import Message, Reply, Request
from persona_eval.models.batching import MLXBatch
from persona_eval.models.mlx import LoadedBase


@pytest.fixture
def base(folder: Path) -> LoadedBase:
    return loaded(folder)


def test_a_conversation_that_does_not_fit_is_refused_with_figures(folder: Path) -> None:
    base = loaded(folder, context=40)
    batch = MLXBatch(base, 4)
    with pytest.raises(
        EngineError, match=r"a/0/0/0: \d+ tokens of .*max_tokens 30 do not fit .*40"
    ):
        batch.submit([request(max_tokens=30)])
    assert batch.pending == 0
    batch.submit([request(max_tokens=2)])
    assert batch.pending == 1


def test_a_template_that_refuses_a_conversation(folder: Path) -> None:
    template = "{{ raise_exception('no system turn, please') }}"
    base = loaded(folder, template=template)
    with pytest.raises(ModelError, match=r"template of tiny refuses .*\(user\): no system turn"):
        MLXBatch(base, 4).submit([request()])


def test_an_empty_batch_has_nothing_to_do(base: LoadedBase) -> None:
    batch = MLXBatch(base, 2)
    assert batch.step() == []
    assert batch.pending == 0


def test_closing_drops_what_is_in_flight(base: LoadedBase) -> None:
    batch = MLXBatch(base, 2)
    batch.submit(MANY)
    batch.step()
    assert batch.pending == len(MANY)
    batch.close()
    assert batch.pending == 0


def test_a_conversation_under_way_goes_before_new_ones(base: LoadedBase) -> None:
    batch = MLXBatch(base, 1)
    talk = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    batch.submit([*MANY, Request("second turn", talk, MANY[0].generation)])
    finished: list[str] = []
    while not finished:
        finished += [request.key for request, _ in batch.step()]
    assert finished == ["second turn"]


def test_no_more_than_its_size_runs_at_a_time(base: LoadedBase) -> None:
    batch = MLXBatch(base, 2)
    batch.submit(MANY)
    while batch.pending:
        batch.step()
        assert len(batch._rows) <= 2
    batch.close()


def test_rows_are_as_many_as_the_memory_for_the_longest_allows(base: LoadedBase) -> None:
    longest = max(r.generation.max_tokens + len(base.encode(r.messages)) for r in MANY)
    batch = MLXBatch(base, 8, memory=3 * longest * base.bytes_per_token)
    batch.submit(MANY)
    found, most = {}, 0
    while batch.pending:
        found.update({asked.key: plain(reply) for asked, reply in batch.step()})
        most = max(most, len(batch._rows))
    assert len(found) == len(MANY)
    assert 3 <= most < 8


def test_a_row_without_finite_logits_is_an_error_of_its_own(folder: Path) -> None:
    model = tiny_llama()
    (x,) = tiny_tokenizer().encode("x", add_special_tokens=False)
    model.model.embed_tokens.weight[x] = mx.nan
    asked = [request("ill/0/0/0", "ax", top_k=top_k) for top_k in (1, 0)]
    for ill in asked:
        outcomes = replies(loaded(folder, model), [ill, request("well/0/0/0", "ab")])
        assert isinstance(outcomes["well/0/0/0"], Reply)
        error = outcomes["ill/0/0/0"]
        assert isinstance(error, EngineError)
        assert "ill/0/0/0: the model gave NaN or infinite logits after 0 tokens" in str(error)
