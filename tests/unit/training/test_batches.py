from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from persona_eval.training.batches import (
    Batch,
    even_parts,
    make_batch,
    steps_per_epoch,
    train_batches,
    valid_batches,
    within,
)
from persona_eval.training.corpus import Conversation
from persona_eval.training.examples import Example


def example(length: int, start: int = 1, line: int = 1) -> Example:
    source = Conversation((), Path("x"), line)
    return Example(tuple(range(100, 100 + length)), ((start, length),), source)


def lines(batch: Batch) -> list[int]:
    return [example.source.line for example in batch.examples]


def test_a_batch_is_padded_right_and_predicts_reply_tokens_only() -> None:
    batch = make_batch([example(5, start=3), example(3, start=2)])
    assert batch.inputs == ((100, 101, 102, 103), (100, 101, 0, 0))
    assert batch.rows == (2, 3, 5)
    assert batch.targets == (103, 104, 102)


def test_every_target_follows_its_row_and_none_is_padding() -> None:
    batch = make_batch([example(9, start=4), example(4), example(7, start=6)])
    flat = [token for row in batch.inputs for token in row]
    assert all(
        flat[row] + 1 == target for row, target in zip(batch.rows, batch.targets, strict=True)
    )
    assert 0 not in batch.targets


@given(
    lengths=st.lists(st.integers(2, 40), min_size=1, max_size=90),
    size=st.integers(1, 9),
    seed=st.integers(0, 5),
    epoch=st.integers(1, 3),
)
def test_an_epoch_holds_each_example_once(
    lengths: list[int], size: int, seed: int, epoch: int
) -> None:
    examples = [example(length, line=line) for line, length in enumerate(lengths)]
    batches = list(train_batches(examples, size, seed, epoch))
    assert sorted(line for batch in batches for line in lines(batch)) == list(range(len(examples)))
    assert all(1 <= len(batch.examples) <= size for batch in batches)
    assert len(batches) == steps_per_epoch(len(examples), size)
    again = train_batches(examples, size, seed, epoch)
    assert [lines(batch) for batch in batches] == [lines(batch) for batch in again]
    assert sum(len(lines(batch)) for batch in valid_batches(examples, size)) == len(examples)


def test_epochs_and_seeds_differ_in_order() -> None:
    examples = [example(5, line=line) for line in range(40)]

    def order(seed: int, epoch: int) -> list[int]:
        return [line for batch in train_batches(examples, 8, seed, epoch) for line in lines(batch)]

    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


def test_similar_lengths_share_a_batch() -> None:
    examples = [example(2 + line % 30, line=line) for line in range(120)]
    padded = sum(len(b.inputs) * len(b.inputs[0]) for b in train_batches(examples, 8, 0, 1))
    assert padded < 1.15 * sum(len(example.tokens) - 1 for example in examples)


@given(st.integers(0, 200), st.integers(1, 20))
def test_parts_are_few_and_even(count: int, most: int) -> None:
    parts = even_parts(range(count), most)
    assert [item for part in parts for item in part] == list(range(count))
    assert len(parts) == -(-count // most)
    sizes = [len(part) for part in parts] or [0]
    assert max(sizes) - min(sizes) <= 1


@given(lengths=st.lists(st.integers(2, 40), min_size=1, max_size=12), most=st.integers(1, 200))
def test_a_batch_in_parts_learns_from_the_same_tokens(lengths: list[int], most: int) -> None:
    batch = make_batch([example(length, line=line) for line, length in enumerate(lengths)])
    parts = within(batch, most)
    assert sorted(line for part in parts for line in lines(part)) == sorted(lines(batch))
    assert sorted(t for part in parts for t in part.targets) == sorted(batch.targets)
    assert all(part.positions <= most or len(part.examples) == 1 for part in parts)
