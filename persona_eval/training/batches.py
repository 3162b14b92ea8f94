"""Examples in batches of similar length, none left over, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

from persona_eval.training.examples import Example

T = TypeVar("T")

CHUNK = 16
"""Batches that are sorted by length together: enough to waste little padding, few enough to
keep the order of examples random."""


@dataclass(frozen=True)
class Batch:
    """Right-padded tokens and what is to be predicted from them.

    ``inputs`` has shape (examples, length). ``rows`` are indices into the flattened positions
    of ``inputs`` and ``targets`` the tokens that follow there: reply tokens only, no padding.
    """

    inputs: tuple[tuple[int, ...], ...]
    rows: tuple[int, ...]
    targets: tuple[int, ...]
    examples: tuple[Example, ...]

    @property
    def positions(self) -> int:
        """How many positions it computes, padding included."""
        return len(self.inputs) * len(self.inputs[0])


def make_batch(examples: Sequence[Example], pad: int = 0) -> Batch:
    """Pad examples to the longest of them; the last token is only ever a target."""
    length = max(len(example.tokens) for example in examples) - 1
    inputs = tuple(
        example.tokens[:-1] + (pad,) * (length - len(example.tokens) + 1) for example in examples
    )
    places = [
        (number * length + position - 1, example.tokens[position])
        for number, example in enumerate(examples)
        for start, end in example.spans
        for position in range(start, end)
    ]
    rows, targets = zip(*places, strict=True)
    return Batch(inputs, rows, targets, tuple(examples))


def train_batches(
    examples: Sequence[Example], batch_size: int, seed: int, epoch: int
) -> Iterator[Batch]:
    """All examples once, in the random order of this seed and epoch.

    Batch sizes are as even as can be: 9 examples in batches of 8 come as 5 and 4, so that no
    step learns from a single example at full weight.
    """
    draw = random.Random(f"{seed}/{epoch}")
    order = draw.sample(range(len(examples)), len(examples))
    groups = [
        [examples[index] for index in group]
        for chunk in even_parts(order, batch_size * CHUNK)
        for group in even_parts(
            sorted(chunk, key=lambda index: len(examples[index].tokens)), batch_size
        )
    ]
    draw.shuffle(groups)
    return map(make_batch, groups)


def within(batch: Batch, positions: int) -> list[Batch]:
    """The same examples in batches of at most so many positions, where a single example allows
    it: what is kept for the way back grows with the positions that are computed together."""
    if batch.positions <= positions:
        return [batch]
    groups: list[list[Example]] = [[]]
    for example in sorted(batch.examples, key=lambda example: len(example.tokens)):
        if groups[-1] and (len(groups[-1]) + 1) * (len(example.tokens) - 1) > positions:
            groups.append([])
        groups[-1].append(example)
    return [make_batch(group) for group in groups]


def valid_batches(examples: Sequence[Example], batch_size: int) -> Iterator[Batch]:
    """All examples once, by length."""
    ordered = sorted(examples, key=lambda example: len(example.tokens))
    return map(make_batch, even_parts(ordered, batch_size))


def steps_per_epoch(count: int, batch_size: int) -> int:
    """How many batches ``train_batches`` makes of ``count`` examples."""
    chunks = even_parts(range(count), batch_size * CHUNK)
    return sum(len(even_parts(chunk, batch_size)) for chunk in chunks)


def even_parts(items: Sequence[T], most: int) -> list[Sequence[T]]:
    """Cut into the fewest parts of at most ``most`` items, sizes differing by one at most."""
    parts = -(-len(items) // most)
    borders = [len(items) * part // parts for part in range(parts + 1)] if parts else []
    return [items[a:b] for a, b in pairwise(borders)]
