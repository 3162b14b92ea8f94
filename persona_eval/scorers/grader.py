"""MiniLM tuned on the labelled replies: it reads facts of the card, prompt and reply together, and
says how likely each behaviour is.

The trained parts look at vectors of a reply that were made without its prompt. What only shows
when both are read word against word – whether the reply is about what was asked, whether it agrees
with the card – they cannot see; this one was trained to. Its updates of the weights are low-rank
(Hu et al., LoRA, 2021, arXiv 2106.09685) and ship as plain numbers. ``tuning.py`` makes them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persona_eval.errors import ModelError
from persona_eval.scorers.apart import in_a_thread_that_ends
from persona_eval.scorers.embedders import NAME as MINILM
from persona_eval.scorers.embedders import MiniLMEmbedder, few_threads
from persona_eval.scorers.labelled import TRUTHS
from persona_eval.scorers.passages import Passage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from persona_eval.scorers.bert import Encoder

Tensor = Any
BEHAVIOURS = tuple(TRUTHS)
"""What the numbers of a passage stand for, in order."""
FOLDER = "graders"
ALL = "all"
"""The one that has learnt from all voices."""
FACTS, BEFORE, PROMPT = 48, 32, 64
"""Tokens that are read of each section; of the turn before the last ones."""
REPLY = (80, 48)
"""Tokens that are read of a long reply, from its start and from its end."""
LONGEST = FACTS + BEFORE + PROMPT + sum(REPLY) + 5
BATCH = 32
HEAD, LEFT_OUT = "head", "left_out"


class Grader:
    """Log-odds of behaviours for passages. Nothing is read before the first passage."""

    def __init__(self, path: Path):
        """``path``: a file that ``tuning.save`` wrote."""
        self._path = path

    @cached_property
    def name(self) -> str:
        """Tells graders of different weights apart."""
        return f"{MINILM}/grader@{sha256(self._path.read_bytes()).hexdigest()[:12]}"

    @cached_property
    def left_out(self) -> frozenset[str]:
        """Voices of the labelled replies that it has not learnt from."""
        from safetensors import safe_open

        with safe_open(str(self._path), framework="numpy") as file:
            return frozenset(json.loads(file.metadata()[LEFT_OUT]))

    @in_a_thread_that_ends
    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Shape (len(texts), behaviours): natural log-odds, for texts of passages. Raises
        ModelError where MiniLM cannot be found, trusted or loaded, ValueError for other texts."""
        import numpy as np
        import torch

        rows = encoded([Passage.parse(text) for text in texts], self._encoder)
        order = sorted(range(len(rows)), key=lambda index: len(rows[index][0]))
        found = np.zeros((len(rows), len(BEHAVIOURS)), dtype=np.float32)
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            with torch.inference_mode():
                pooled = pool([rows[index] for index in chosen], self._encoder)
                found[chosen] = torch.nn.functional.linear(pooled, *self._head).numpy()
        return found

    @cached_property
    def _tensors(self) -> dict[str, Tensor]:
        from safetensors.torch import load_file

        return {name: tensor.float() for name, tensor in load_file(self._path).items()}

    @cached_property
    def _head(self) -> tuple[Tensor, Tensor]:
        return self._tensors[f"{HEAD}.weight"], self._tensors[f"{HEAD}.bias"]

    @cached_property
    def _encoder(self) -> Encoder:
        few_threads()
        ups = {n.removesuffix(".up"): t for n, t in self._tensors.items() if n.endswith(".up")}
        return encoder({name: up @ self._tensors[f"{name}.down"] for name, up in ups.items()})


def encoder(updates: dict[str, Tensor] | None = None) -> Encoder:
    """The packaged MiniLM with all its layers. Raises ModelError."""
    from persona_eval.scorers.bert import Encoder

    folder = MiniLMEmbedder().trusted_folder
    try:
        return Encoder(folder, layers=6, longest=512, updates=updates)
    except Exception as error:  # the tokenizers library raises nothing narrower
        raise ModelError(f"{folder} is no model that can be loaded: {error}") from error


def encoded(passages: Sequence[Passage], encoder: Encoder) -> list[tuple[list[int], list[int]]]:
    """Token ids of each passage and which of them are the reply's (1) and which are not (0)."""
    start, end = encoder.token("[CLS]"), encoder.token("[SEP]")
    facts, before, prompts, replies = (
        encoder.tokens([getattr(passage, name) for passage in passages], special=False)
        for name in ("facts", "before", "prompt", "reply")
    )
    found = []
    for fact, turn, prompt, reply in zip(facts, before, prompts, replies, strict=True):
        context = [
            start, *fact[:FACTS], end, *turn[-BEFORE:], end, *prompt[:PROMPT], end,
        ]  # fmt: skip
        answer = [*_ends(reply), end]
        found.append((context + answer, [0] * len(context) + [1] * len(answer)))
    return found


def _ends(reply: list[int]) -> list[int]:
    first, last = REPLY
    return reply if len(reply) <= first + last else reply[:first] + reply[-last:]


def pool(rows: Sequence[tuple[list[int], list[int]]], encoder: Encoder) -> Tensor:
    """Shape (rows, 3 × width): the mean state of the reply's tokens, that of all others, and the
    first token's."""
    import torch

    from persona_eval.scorers.bert import mean_over, padded

    kinds = [kinds for _, kinds in rows]
    states, places = encoder.states([ids for ids, _ in rows], kinds)
    reply = padded(kinds).bool()
    last = states[-1]
    return torch.cat([mean_over(last, reply), mean_over(last, places & ~reply), last[:, 0]], dim=1)


def shipped() -> Grader:
    """The package's grader, which has learnt from all voices."""
    return Grader(folder() / f"{ALL}.safetensors")


def unseen_by_voice() -> dict[str, Grader]:
    """For each voice of the labelled replies a grader that has not learnt from it: to measure."""
    graders = map(Grader, sorted(folder().glob("*.safetensors")))
    return {voice: grader for grader in graders for voice in grader.left_out}


def folder() -> Path:
    """Where the package keeps its graders."""
    return Path(str(resources.files("persona_eval.scorers") / "data" / FOLDER))
