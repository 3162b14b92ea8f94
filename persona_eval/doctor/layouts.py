"""Ways to write a conversation as text that models are commonly tuned with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from statistics import fmean
from typing import TYPE_CHECKING

from persona_eval.doctor.ends import wrapping
from persona_eval.models.base import Message
from persona_eval.models.stops import Line, read_lines

if TYPE_CHECKING:
    from persona_eval.models.mlx import LoadedBase

OWN = "own"


@dataclass(frozen=True)
class Layout:
    """One exchange as text: ``before`` holds `{user}`; the reply follows after ``lead``."""

    before: str
    lead: str = ""

    @property
    def marks(self) -> tuple[str, ...]:
        """The words that look like special tokens."""
        return tuple(part for part in self.before.replace("\n", " ").split() if part[:1] in "<[")


LAYOUTS = {
    "User: … Reply:": Layout("User: {user}\nReply:", " "),
    "User: … Assistant:": Layout("User: {user}\nAssistant:", " "),
    "Human: … Assistant:": Layout("Human: {user}\n\nAssistant:", " "),
    "Q: … A:": Layout("Q: {user}\nA:", " "),
    "ChatML (<|im_start|>)": Layout("<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"),
    "Gemma (<start_of_turn>)": Layout(
        "<start_of_turn>user\n{user}<end_of_turn>\n<start_of_turn>model\n"
    ),
    "Llama 3 (<|start_header_id|>)": Layout(
        "<|start_header_id|>user<|end_header_id|>\n\n{user}<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n"
    ),
    "Llama 2 and Mistral ([INST])": Layout("[INST] {user} [/INST]", " "),
    "Phi and Zephyr (<|user|>)": Layout("<|user|>\n{user}<|end|>\n<|assistant|>\n"),
    "Alpaca (### Instruction:)": Layout("### Instruction:\n{user}\n\n### Response:\n"),
}
"""Each by what reports call it. The chat template of the model comes besides, as ``OWN``."""


@dataclass(frozen=True)
class Exchanged:
    """The first exchange of a conversation."""

    system: str | None
    user: str
    reply: str

    @property
    def messages(self) -> tuple[Message, ...]:
        """What comes before the reply."""
        first = () if self.system is None else (Message("system", self.system),)
        return (*first, Message("user", self.user))


def nats_by_layout(base: LoadedBase, exchanges: Sequence[Exchanged]) -> dict[str, list[float]]:
    """How surprising each reply is in each layout, in nats per token of the reply as the model's
    own template writes it. Raises EngineError."""
    lead = wrapping(base).lead
    own = [line_of(base, each.messages, each.reply, lead) for each in exchanges]
    lines = {OWN: own}
    for name, layout in LAYOUTS.items():
        lines[name] = [_line(base, layout, each) for each in exchanges]
    flat = read_lines(base, [line for some in lines.values() for line in some], ())
    totals = iter(-sum(seen.logprobs) for seen in flat)
    return {name: [next(totals) / len(line.reply) for line in own] for name in lines}


def line_of(base: LoadedBase, messages: Sequence[Message], reply: str, lead: str) -> Line:
    """A conversation in the model's own chat template, up to the end of a reply's words."""
    prompt = base.encode(messages)
    said = base.tokenizer.encode(lead + reply, add_special_tokens=False) if reply else []
    return Line((*prompt, *map(int, said)), len(prompt))


def means(nats: dict[str, list[float]]) -> Iterator[tuple[str, float]]:
    """The layouts with their means, the least surprising first."""
    yield from sorted(
        ((name, fmean(found)) for name, found in nats.items()), key=lambda pair: pair[1]
    )


def is_known(base: LoadedBase, layout: Layout) -> bool:
    """Whether all special words of a layout are single tokens of the vocabulary."""
    return bool(layout.marks) and all(_is_token(base, _mark(part)) for part in layout.marks)


def _is_token(base: LoadedBase, mark: str) -> bool:
    """A word that is not known may be a single token too: the one for all such."""
    tokens = base.tokenizer.encode(mark, add_special_tokens=False)
    return len(tokens) == 1 and base.tokenizer.convert_ids_to_tokens(tokens[0]) == mark


def _mark(part: str) -> str:
    """The mark alone, where words follow it without a blank."""
    end = part.find(">" if part[0] == "<" else "]")
    return part[: end + 1]


def _line(base: LoadedBase, layout: Layout, said: Exchanged) -> Line:
    """The reply begins at its first token that is not one of what stands before it."""
    system = f"{said.system}\n" if said.system else ""
    before = system + layout.before.format(user=said.user)
    opening = base.tokenizer.bos_token_id
    first = [] if opening is None else [opening]
    asked = [*first, *base.tokenizer.encode(before, add_special_tokens=False)]
    whole = [
        *first,
        *base.tokenizer.encode(before + layout.lead + said.reply, add_special_tokens=False),
    ]
    pairs = zip(asked, whole, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return Line(tuple(map(int, whole)), max(1, shared))
