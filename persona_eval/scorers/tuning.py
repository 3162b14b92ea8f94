"""The training of the grader: low-rank updates of MiniLM's layers and a linear head, on the labelled
replies and spoilt copies of them. Ten minutes on two cores. Needs torch."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, dropout
from torch.nn.utils import clip_grad_norm_
from torch.nn.utils.parametrize import register_parametrization

from persona_eval.scorers.apart import in_a_thread_that_ends
from persona_eval.scorers.base import Tools
from persona_eval.scorers.bert import Encoder
from persona_eval.scorers.embedders import few_threads
from persona_eval.scorers.grader import BEHAVIOURS, HEAD, LEFT_OUT, encoded, encoder, pool
from persona_eval.scorers.labelled import TRUTHS, Row
from persona_eval.scorers.passages import Passage
from persona_eval.scorers.spoilt import spoilt
from persona_eval.suite.models import CATEGORIES

Tensor = Any
GROUPS = 4
"""Groups of voices of which a grader each leaves out one, to be measured on."""
RANK = 16
RATE = 2e-3
DECAY = 0.01
WARMUP = 50
"""Steps in which the rate rises; then it falls to zero along half a cosine."""
EPOCHS = 5.0
BATCH = 32
SORTED = 20 * BATCH
"""Passages that are put in order of length together, as padding is read too."""
DROPOUT = 0.1
"""Share of what the head reads that is left out."""
HEAVIEST = 8.0
"""What a reply of a behaviour's rare side may weigh; up to it both sides weigh the same."""
NORM = 1.0
"""Largest norm of a gradient."""
SECONDARY_SHARE, SECONDARY_WEIGHT = 0.4, 0.5
"""Of replies that models gave and of spoilt copies: how many an epoch reads, how much one counts."""
TUNED = {
    "self_attn": ("in_proj_weight",),
    "self_attn.out_proj": ("weight",),
    "linear1": ("weight",),
    "linear2": ("weight",),
}
"""Weights of a layer that are updated."""
VERDICTS = tuple((category, control) for category in CATEGORIES for control in (False, True))
"""Where it is learnt beside the behaviours whether a reply passes, and then thrown away: what a
pack wants of a reply ties behaviours together."""


@dataclass(frozen=True)
class Lesson:
    """A passage as tokens, what is true of it (NaN: unknown), and how much it counts."""

    tokens: tuple[list[int], list[int]]
    truths: tuple[float, ...]
    whole: bool
    """Whether a person wrote the reply as it stands."""

    @property
    def weight(self) -> float:
        return 1.0 if self.whole else SECONDARY_WEIGHT


class LowRank(torch.nn.Module):  # type: ignore[misc]
    """Adds the product of two thin matrices to a weight: nothing, before any training."""

    def __init__(self, weight: Tensor):
        super().__init__()
        above, across = weight.shape
        self.down = torch.nn.Parameter(torch.randn(RANK, across) / math.sqrt(across))
        self.up = torch.nn.Parameter(torch.zeros(above, RANK))

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.up @ self.down


def lessons(rows: Sequence[Row], voices: Collection[str], model: Encoder) -> list[Lesson]:
    """What the rows of these voices tell, and spoilt copies of them."""
    copies = [row for _, row in spoilt(rows)]
    known = [(row, not row.sampled) for row in rows] + [(row, False) for row in copies]
    chosen = [(row, whole) for row, whole in known if row.voice in voices]
    tokens = encoded([Passage.of(row.exchange(Tools())) for row, _ in chosen], model)
    return [
        Lesson(read, _truths(row), whole)
        for read, (row, whole) in zip(tokens, chosen, strict=True)
    ]  # fmt: skip


def _truths(row: Row) -> tuple[float, ...]:
    behaviours = [truth.of(row) for truth in TRUTHS.values()]
    here = row.category, row.control
    verdicts = [row.passes if where == here else None for where in VERDICTS]
    return tuple(math.nan if truth is None else float(truth) for truth in behaviours + verdicts)


@in_a_thread_that_ends
def tune(
    rows: Sequence[Row], voices: Collection[str], progress: Callable[[int, int, float], None]
) -> dict[str, Tensor]:
    """Train on the rows of these voices: the tensors of a grader. ``progress`` is told step,
    steps and loss. The same rows give the same tensors on the same machine."""
    few_threads()
    torch.manual_seed(0)
    draw = random.Random(0)
    model = encoder()
    known = lessons(rows, voices, model)
    updates = dict(_updates(model))
    head = torch.nn.Linear(3 * model.width, len(BEHAVIOURS) + len(VERDICTS))
    trained = [*head.parameters(), *(p for update in updates.values() for p in update.parameters())]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=DECAY)
    batches = list(_batches(known, draw))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(batches)))
    sides = _sides(known)
    for step, batch in enumerate(batches, start=1):
        loss = _loss(batch, model, head, sides)
        optimizer.zero_grad()
        loss.backward()
        clip_grad_norm_(trained, NORM)
        optimizer.step()
        schedule.step()
        progress(step, len(batches), loss.item())
    return _tensors(updates, head)


def _updates(model: Encoder) -> Iterator[tuple[str, LowRank]]:
    """Low-rank updates, put in place, by the names of the weights."""
    for parameter in model.layers.parameters():
        parameter.requires_grad_(False)
    for number, layer in enumerate(model.layers):
        for module, weights in TUNED.items():
            owner = layer.get_submodule(module)
            for weight in weights:
                update = LowRank(getattr(owner, weight))
                register_parametrization(owner, weight, update)
                yield f"{number}.{module}.{weight}", update


def _batches(known: Sequence[Lesson], draw: random.Random) -> Iterator[list[Lesson]]:
    """All batches of all epochs; half an epoch is its first half."""
    for epoch in range(math.ceil(EPOCHS)):
        chosen = [each for each in known if each.whole or draw.random() < SECONDARY_SHARE]
        draw.shuffle(chosen)
        if epoch + 1 > EPOCHS:
            chosen = chosen[: int(len(chosen) * (EPOCHS - epoch))]
        for start in range(0, len(chosen), SORTED):
            part = sorted(chosen[start : start + SORTED], key=lambda each: len(each.tokens[0]))
            batches = [part[first : first + BATCH] for first in range(0, len(part), BATCH)]
            draw.shuffle(batches)
            yield from batches


def _rate(step: int, steps: int) -> float:
    return min(1.0, (step + 1) / WARMUP) * (1 + math.cos(math.pi * step / steps)) / 2


def _sides(known: Sequence[Lesson]) -> Tensor:
    """What a reply weighs that has a behaviour not (row 0) or has it (row 1), shape (2,
    behaviours): half of what there is over what its side has."""
    truths = torch.tensor([each.truths for each in known])
    weights = torch.tensor([[each.weight] for each in known])
    yes = (truths.nan_to_num(0) * weights).sum(0)
    no = ((1 - truths).nan_to_num(0) * weights).sum(0)
    each_side = torch.stack([no, yes])
    return ((yes + no) / 2 / each_side.clamp(min=1)).clamp(max=HEAVIEST)


def _loss(batch: Sequence[Lesson], model: Encoder, head: torch.nn.Linear, sides: Tensor) -> Tensor:
    """Mean cross-entropy over what is known of the batch."""
    with torch.autocast("cpu", torch.bfloat16):
        found = head(dropout(pool([each.tokens for each in batch], model), DROPOUT)).float()
    truths = torch.tensor([each.truths for each in batch])
    known = ~truths.isnan()
    truths = truths.nan_to_num(0)
    weights = torch.where(truths > 0, sides[1], sides[0]) * known
    weights = weights * torch.tensor([[each.weight] for each in batch])
    losses = binary_cross_entropy_with_logits(found, truths, weights, reduction="sum")
    return losses / known.sum().clamp(min=1)


def _tensors(updates: dict[str, LowRank], head: torch.nn.Linear) -> dict[str, Tensor]:
    kept = len(BEHAVIOURS)
    found = {f"{HEAD}.weight": head.weight[:kept], f"{HEAD}.bias": head.bias[:kept]}
    for name, update in updates.items():
        found |= {f"{name}.up": update.up, f"{name}.down": update.down}
    return {name: tensor.detach().half().contiguous() for name, tensor in found.items()}


def save(tensors: dict[str, Tensor], path: Path, left_out: Collection[str]) -> None:
    """Write a grader's file, and which voices it has not seen."""
    from safetensors.torch import save_file

    path.parent.mkdir(parents=True, exist_ok=True)
    save_file(tensors, path, metadata={LEFT_OUT: json.dumps(sorted(left_out))})
