"""Whether a base model can learn to end a reply at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from persona_eval.errors import TrainingError
from persona_eval.models.base import Message
from persona_eval.training.corpus import Conversation
from persona_eval.training.examples import Tokenizer, examples_of
from persona_eval.training.loss import output_rows

NEAR = 0.99
MOST_LOOKALIKES = 50
CHUNK = 16_384
PROBE = (Message("user", "Hello!"), Message("assistant", "Hello to you."))


def check_stop_tokens(model: Any, tokenizer: Tokenizer) -> None:
    """Refuse a base whose closing token looks like many others.

    Low-rank updates of the blocks leave the matrix that scores the vocabulary as it is. Tokens
    that were never trained lie there almost on one spot (in Gemma 3 270M's base model
    ``<end_of_turn>`` has a cosine above 0.99 with 4,665 others), so that whatever makes the model
    say the stop token makes it say any of its look-alikes just as readily, and run on. Raises
    TrainingError with this explanation. Architectures that hide the matrix pass.
    """
    rows = output_rows(model)
    if rows is None:
        return
    token = closing_token(tokenizer)
    count = lookalikes(rows, token)
    if count > MOST_LOOKALIKES:
        raise TrainingError(
            f"the base model cannot learn to stop: the chat template closes a reply with token "
            f"{token} ({_text(tokenizer, token)}), whose weights are nearly equal (cosine above "
            f"{NEAR}) to those of {count:,} other tokens. It was never trained, and LoRA does not "
            "change it, so that the adapter would say look-alikes instead and run on. Mend: use "
            "the instruction-tuned model, or a chat template of plain words that ends replies "
            "with a trained token such as <eos>"
        )


def closing_token(tokenizer: Tokenizer) -> int:
    """The token with which the chat template closes a reply. Raises TrainingError without one."""
    example = examples_of(Conversation(PROBE, Path("chat template"), 0), tokenizer)[-1]
    return example.tokens[-1]


def lookalikes(rows: Callable[[int, int], Any], token: int) -> int:
    """How many other tokens' rows have a cosine above ``NEAR`` with this token's."""
    import mlx.core as mx

    own = _unit(rows(token, token + 1))[0]
    count, start = 0, 0
    while (part := rows(start, start + CHUNK)).shape[0]:
        near = _unit(part) @ own > NEAR
        count += int(near.sum().item())
        start += CHUNK
    mx.clear_cache()
    return max(0, count - 1)  # the token itself is among them


def _unit(rows: Any) -> Any:
    import mlx.core as mx

    return rows / mx.maximum(mx.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def _text(tokenizer: Any, token: int) -> str:
    decode = getattr(tokenizer, "decode", None)
    return repr(decode([token])) if decode else "?"
