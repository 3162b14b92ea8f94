"""A continuous batch on tiny models: a reply depends on its request alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlx.core as mx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import CHATML, tiny_gemma, tiny_llama, tiny_tokenizer
from tiny_batches import EOS, IM_END, MANY, biased, loaded, only, plain, replies, request

from persona_eval.models.base import FinishReason, Message, Request
from persona_eval.models.batching import MOST_SLACK, MLXBatch
from persona_eval.models.mlx import LoadedBase
from persona_eval.models.rows import width
from persona_eval.models.sequences import Branch, Written


@pytest.fixture
def base(folder: Path) -> LoadedBase:
    return loaded(folder)


@pytest.fixture(scope="module")
def alone(folder: Path) -> tuple[LoadedBase, dict[str, Any]]:
    base = loaded(folder, biased(tiny_gemma(), {EOS: 3.0}))
    expected = {r.key: plain(only(base, r)) for r in MANY}
    assert {reason for _, reason, _, _ in expected.values()} == {"stop", "length"}
    return base, expected


@settings(max_examples=12, deadline=None)
@given(order=st.permutations(MANY), size=st.integers(1, 12), late=st.integers(0, 9))
def test_a_reply_is_the_same_alone_and_in_any_batch(
    alone: tuple[LoadedBase, dict[str, Any]], order: list[Request], size: int, late: int
) -> None:
    base, expected = alone
    batch, found = MLXBatch(base, size), {}
    batch.submit(order[late:])
    steps = 0
    while batch.pending or steps < 3:
        found.update({asked.key: plain(reply) for asked, reply in batch.step()})
        steps += 1
        if steps == 3:
            batch.submit(order[:late])
    batch.close()
    assert found == expected


def test_a_finished_row_is_taken_at_once(base: LoadedBase) -> None:
    batch = MLXBatch(base, 4)
    batch.submit([request(f"a/{n}/0/0", max_tokens=3 + n % 5) for n in range(40)])
    while batch.pending:
        in_flight = batch.pending
        steps = [asked for asked, _ in batch.step()]
        assert len(batch._live()) + len(steps) >= min(4, in_flight)


def test_rows_do_not_grow_without_end(base: LoadedBase) -> None:
    """Each new row is padded to where the batch is; what all are padded by is cut off."""
    batch = MLXBatch(base, 2)
    batch.submit([request(f"a/{n}/0/0", max_tokens=8, min_tokens=8) for n in range(40)])
    widest = 0
    while batch.pending:
        batch.step()
        widest = max(widest, width(batch._cache))
    longest = len(base.encode((Message("user", "Hi"),))) + 8
    assert longest <= widest <= longest + MOST_SLACK


def test_another_seed_or_trial_is_another_reply(base: LoadedBase) -> None:
    keys = [f"a/{trial}/0/0" for trial in range(6)]
    found = replies(base, [request(key, temperature=1.5, top_k=0) for key in keys])
    assert len({reply.text for reply in found.values()}) == 6


def test_another_architecture(folder: Path) -> None:
    base = loaded(folder, tiny_llama())
    expected = {r.key: plain(only(base, r)) for r in MANY[:3]}
    assert {key: plain(reply) for key, reply in replies(base, MANY[:3]).items()} == expected


def test_temperature_0_is_the_likeliest_token_each_time(base: LoadedBase) -> None:
    reply = only(base, request(temperature=0, max_tokens=6))
    tokens = base.encode((Message("user", "Hi"),))
    for _ in range(6):
        logits = base.model(mx.array([tokens]))[0, -1]
        tokens.append(int(mx.argmax(logits).item()))
    assert reply.text == base.tokenizer.decode(tokens[-6:]).strip()


def test_top_k_1_is_greedy_at_any_temperature(base: LoadedBase) -> None:
    greedy = only(base, request(temperature=0))
    assert only(base, request(temperature=5.0, top_k=1)).text == greedy.text
    assert only(base, request(temperature=5.0, top_p=1e-6, top_k=0)).text == greedy.text
    assert only(base, request(temperature=5.0, min_p=1.0, top_k=0)).text == greedy.text


def test_a_reply_of_max_tokens_is_cut(base: LoadedBase) -> None:
    for count in (1, 5):
        reply = only(base, request(max_tokens=count, min_tokens=count))
        assert (reply.finish_reason, reply.tokens) == ("length", count)


def test_prompt_tokens_and_seconds(base: LoadedBase) -> None:
    reply = only(base, request())
    assert reply.prompt_tokens == len(base.encode((Message("user", "Hi"),)))
    assert reply.seconds > 0


def test_a_stop_token_ends_a_reply_and_is_counted(folder: Path) -> None:
    base = loaded(folder, biased(tiny_gemma(), {EOS: 1e4}))
    assert plain(only(base, request()))[:3] == ("", "stop", 1)


@pytest.mark.parametrize("likes", [EOS, IM_END])
def test_min_tokens_holds_for_every_stop_token(folder: Path, likes: int) -> None:
    model = biased(tiny_gemma(), {likes: 1e4})
    base = loaded(folder, model, stops=["<eos>", "<|im_end|>"])
    assert only(base, request(max_tokens=9)).tokens == 1
    held = only(base, request(max_tokens=9, min_tokens=4))
    assert (held.finish_reason, held.tokens) == ("stop", 5)


def test_a_stop_text_over_the_borders_of_tokens(base: LoadedBase) -> None:
    """One token is one byte here, so that every stop text lies over several."""
    whole = only(base, request(max_tokens=40, temperature=1.2, top_k=0))
    middle = len(whole.text) // 2
    stop = whole.text[middle : middle + 4]
    cut = only(base, request(max_tokens=40, temperature=1.2, top_k=0, stop=("not in it", stop)))
    assert cut.finish_reason == "stop"
    assert cut.text == whole.text[: whole.text.index(stop)].strip()
    assert cut.tokens < whole.tokens


def test_a_stop_text_ends_one_reply_and_not_its_neighbours(base: LoadedBase) -> None:
    plain_one = request("a/0/0/0", max_tokens=30, temperature=1.2, top_k=0)
    whole = only(base, plain_one)
    stopped = request("a/1/0/0", max_tokens=30, temperature=0, stop=(" ", "e", "\n", "a", "\ufffd"))
    found = replies(base, [stopped, plain_one, request("a/2/0/0")])
    assert plain(found["a/0/0/0"]) == plain(whole)


def test_a_stop_text_with_the_very_last_token_is_a_stop(base: LoadedBase) -> None:
    whole = only(base, request(max_tokens=40, temperature=1.2, top_k=0))
    for count in range(4, 40):
        cut = only(base, request(max_tokens=count, temperature=1.2, top_k=0, min_tokens=count))
        text = cut.text
        if len(text) > 3 and text[-1].isalnum() and text.index(text[-1]) == len(text) - 1:
            again = request(
                max_tokens=count, temperature=1.2, top_k=0, min_tokens=count, stop=(text[-1],)
            )
            reply = only(base, again)
            assert (reply.finish_reason, reply.text) == ("stop", text[:-1].strip())
            return
    pytest.skip(f"no reply of this model ends in a letter of its own: {whole.text!r}")


class HoldsBack:
    """A detokenizer that gives its text at the end, as mlx-lm's do with blanks."""

    text = ""

    def add_token(self, token: int) -> None: ...

    def finalize(self) -> None:
        self.text = "Tea, please. User: and more"


@pytest.mark.parametrize("reason", ["stop", "length"])
def test_a_stop_text_that_was_held_back_to_the_end(reason: FinishReason) -> None:
    last = EOS if reason == "stop" else 7
    for stops, text, expected in (
        (("User:",), "Tea, please.", "stop"),
        ((), "Tea, please. User: and more", reason),
    ):
        asked = request(max_tokens=2)
        written = Written([3], [Branch(asked, stops)], HoldsBack)
        assert written.take([7], [EOS]) == ([], [written])
        [(_, reply)], going_on = written.take([last], [EOS])
        assert not going_on
        assert (reply.text, reply.finish_reason) == (text, expected)


def test_stop_texts_of_the_model_itself(folder: Path) -> None:
    likes_x = biased(
        tiny_gemma(), {tiny_tokenizer().encode("x", add_special_tokens=False)[-1]: 1e4}
    )
    base = loaded(folder, likes_x)
    (folder / "persona_eval.json").write_text('{"stop_texts": ["xxx"]}')
    reply = only(base, request())
    (folder / "persona_eval.json").unlink()
    assert plain(reply)[:3] == ("", "stop", 3)


def test_a_repetition_penalty_breaks_a_repetition(folder: Path) -> None:
    x = tiny_tokenizer().encode("x", add_special_tokens=False)[-1]
    base = loaded(folder, biased(tiny_gemma(), {x: 6.0, EOS: -1e4}))
    assert only(base, request(temperature=0)).text == "x" * 12
    penalised = only(base, request(temperature=0, repetition_penalty=10.0)).text
    assert 0 < penalised.count("x") < 12


def test_chatml_ends_with_its_own_token(folder: Path) -> None:
    base = loaded(folder, biased(tiny_gemma(), {IM_END: 1e4}), ["<|im_end|>"], CHATML)
    assert plain(only(base, request()))[:3] == ("", "stop", 1)
