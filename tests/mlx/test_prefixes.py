"""Prompts that begin alike are read once, and nobody can tell from the logits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mlx.core as mx
import numpy as np
import pytest
from support import tiny_gemma, tiny_llama

from persona_eval.models.decoding import Decoder, merged, row, size_in_bytes
from persona_eval.models.prefixes import AT_ONCE, WORTH_SHARING, Prefixes

LONG = tuple(range(10, 10 + WORTH_SHARING + 8))
BEYOND_THE_WINDOW = tuple(np.random.default_rng(0).integers(6, 260, 100).tolist())


@pytest.fixture(params=["gemma", "llama"])
def model(request: pytest.FixtureRequest) -> Any:
    return {"gemma": tiny_gemma, "llama": tiny_llama}[request.param]()


def check(model: Any, prefixes: Prefixes, prompts: Sequence[tuple[int, ...]]) -> None:
    """The caches have read their prompts and nothing else."""
    rows = merged(prefixes.caches_of(prompts))
    ids, logits = Decoder(model).step([5] * len(prompts), rows, None)
    for index, prompt in enumerate(prompts):
        alone = np.array(model(mx.array([[*prompt, 5]]))[0, -1])
        assert logits[index] == pytest.approx(alone[ids[index]], abs=1e-4)


def test_the_same_prompt_is_read_once(model: Any) -> None:
    prefixes = Prefixes(Decoder(model), 2**24)
    check(model, prefixes, [LONG, LONG, (7, 8), LONG])
    assert (prefixes.read, prefixes.shared) == (len(LONG) + 2, 2 * len(LONG))
    check(model, prefixes, [LONG])
    assert prefixes.read == len(LONG) + 2


@pytest.mark.parametrize("common", [LONG, BEYOND_THE_WINDOW])
def test_a_common_beginning_is_read_once(model: Any, common: tuple[int, ...]) -> None:
    prefixes = Prefixes(Decoder(model), 2**24)
    prompts = [(*common, 200 + n, 201, 202) for n in range(4)]
    check(model, prefixes, prompts)
    assert prefixes.read == len(common) + 4 * 3
    check(model, prefixes, [(*common, 220)])
    assert prefixes.read == len(common) + 4 * 3 + 1, "and is known later on"


def test_a_prompt_to_come_makes_its_beginning_worth_keeping() -> None:
    model = tiny_gemma()
    prefixes = Prefixes(Decoder(model), 2**24)
    first, second = (*BEYOND_THE_WINDOW, 1, 2), (*BEYOND_THE_WINDOW, 3, 4)
    prefixes.caches_of([first], coming=[second])
    prefixes.caches_of([second])
    assert prefixes.read == len(BEYOND_THE_WINDOW) + 4


def test_prompts_to_come_fill_up_a_group() -> None:
    """One prompt costs about as much as eight: the weights are read once for all of them."""
    reads: list[int] = []

    class Counting(Decoder):
        def read(self, rows: Sequence[Sequence[int]], cache: Any) -> None:
            reads.append(len(rows))
            super().read(rows, cache)

    prefixes = Prefixes(Counting(tiny_llama()), 2**24)
    prompts = [(n, 5, 6, 7) for n in range(10, 10 + AT_ONCE + 3)]
    for index, prompt in enumerate(prompts):
        prefixes.caches_of([prompt], coming=prompts[index + 1 :])
    assert reads == [AT_ONCE, 3]


def test_a_conversation_goes_on_from_what_was_read(model: Any) -> None:
    prefixes = Prefixes(Decoder(model), 2**24)
    check(model, prefixes, [LONG])
    check(model, prefixes, [(*LONG, 90, 91)])
    assert prefixes.read == len(LONG) + 2


def test_prompts_that_begin_otherwise_share_nothing(model: Any) -> None:
    prefixes = Prefixes(Decoder(model), 2**24)
    check(model, prefixes, [(9, *LONG), (8, *LONG), (3,)])
    assert prefixes.shared == 0


def test_an_empty_prompt_has_an_empty_cache(model: Any) -> None:
    prefixes = Prefixes(Decoder(model), 2**24)
    check(model, prefixes, [(), (4, 5)])
    assert prefixes.read == 2


def test_what_is_kept_stays_below_its_limit() -> None:
    model = tiny_llama()
    one = size_in_bytes(Prefixes(Decoder(model), 2**24).caches_of([LONG]))
    prefixes = Prefixes(Decoder(model), 3 * one)
    prefixes.caches_of([(n, *LONG) for n in range(10)])
    assert 0 < prefixes.size_in_bytes <= 3 * one
    nothing = Prefixes(Decoder(model), 0)
    nothing.caches_of([LONG])
    assert nothing.size_in_bytes == 0


def test_a_row_that_is_kept_does_not_hold_on_to_its_batch() -> None:
    """It would, if it were cut out but not computed: then each row keeps all others alive."""
    decoder = Decoder(tiny_gemma())
    batch = merged([decoder.new_cache() for _ in range(16)])
    decoder.read([[2] * 200] * 16, batch)
    prefixes = Prefixes(decoder, 2**30)
    held, size = mx.get_active_memory(), size_in_bytes([batch])
    prefixes.keep([2] * 200, row(batch, 3))
    del batch
    assert mx.get_active_memory() < held - size / 2
