"""Are replies the same alone and in batches? 50 requests on the real Gemma with an adapter."""

from __future__ import annotations

from pathlib import Path

from ways import ADAPTER, conversations

from persona_eval.models.base import Message, Reply, Request
from persona_eval.models.locate import locate
from persona_eval.models.mlx import MLXModel
from persona_eval.suite.card import Generation

SIZES = (1, 8, 32)
REQUESTS, TOKENS = 50, 48


def requests() -> list[Request]:
    return [
        Request(
            f"request-{number}/0/0/0",
            tuple(Message(turn["role"], turn["content"]) for turn in turns),  # type: ignore[arg-type]
            Generation(max_tokens=TOKENS),
        )
        for number, turns in enumerate(conversations(REQUESTS))
    ]


def replies(adapter: Path, size: int) -> dict[str, Reply]:
    model = MLXModel(locate("gemma3-270m"), size)
    model.wear(adapter)
    batch, found = model.open(), {}
    batch.submit(requests())
    while batch.pending:
        found.update({request.key: reply for request, reply in batch.step()})
    batch.close()
    return {key: reply for key, reply in found.items() if isinstance(reply, Reply)}


def main() -> None:
    alone, *others = [replies(ADAPTER, size) for size in SIZES]
    for size, found in zip(SIZES[1:], others, strict=True):
        same = sum(
            (found[key].text, found[key].tokens) == (reply.text, reply.tokens)
            for key, reply in alone.items()
        )
        print(f"batches of {size}: {same} of {len(alone)} replies are those of each alone")


if __name__ == "__main__":
    main()
