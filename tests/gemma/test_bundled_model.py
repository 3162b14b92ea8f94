"""The real default model and the committed adapter, in a few short replies."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.models.base import Message, Request
from persona_eval.models.bundled import PROBE_LOSS, PROBE_TOLERANCE, probe_loss
from persona_eval.models.locate import locate
from persona_eval.models.mlx import MLXModel
from persona_eval.suite.card import Generation

ROOT = Path(__file__).resolve().parents[2]
TULLY = ROOT / "adapters" / "tully"
SHORT = Generation(max_tokens=12, temperature=0.8)
PROMPTS = ("What's your brother called?", "Hello!", "Are you scared of thunder?")


@pytest.fixture(scope="module")
def model():
    return MLXModel(locate("gemma3-270m"))


def asked(*keys: str) -> list[Request]:
    return [
        Request(key, (Message("user", PROMPTS[number % len(PROMPTS)]),), SHORT)
        for number, key in enumerate(keys)
    ]


def answers(model: MLXModel, requests: list[Request], size: int) -> dict[str, str]:
    model.batch_size = size
    batch = model.open()
    batch.submit(requests)
    texts = {}
    while batch.pending:
        texts.update({request.key: reply.text for request, reply in batch.step()})
    batch.close()
    return texts


def test_the_folder_loads_with_plain_mlx_lm_and_is_the_known_model():
    folder = locate("gemma3-270m").path
    assert "gemma3-270m" in folder.name
    assert probe_loss(folder) == pytest.approx(PROBE_LOSS, abs=PROBE_TOLERANCE)


def test_a_reply_is_the_same_alone_and_in_a_batch(model):
    model.wear(None)
    requests = asked("a", "b", "c", "d", "e", "f")
    together = answers(model, requests, size=6)
    assert answers(model, requests[4:5], size=1) == {"e": together["e"]}
    assert answers(model, requests[::-1], size=2) == together


def test_the_adapter_changes_replies_and_comes_off_without_a_trace(model):
    model.wear(None)
    requests = asked("a", "b", "c")
    before = answers(model, requests, size=3)
    model.wear(TULLY)
    worn = answers(model, requests, size=3)
    model.wear(None)
    assert worn != before
    assert answers(model, requests, size=3) == before


def test_the_adapter_has_learnt_to_end_a_reply(model):
    model.wear(TULLY)
    batch = model.open()
    greedy = Generation(max_tokens=120, temperature=0)
    batch.submit([Request(p, (Message("user", p),), greedy) for p in PROMPTS])
    finished = []
    while batch.pending:
        finished += batch.step()
    batch.close()
    assert {reply.finish_reason for _, reply in finished} == {"stop"}
    assert all(reply.text for _, reply in finished)
