"""How a model may end a reply: its stop tokens, and those that look like some and are none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import regex

from persona_eval.models.base import Message
from persona_eval.training.loss import output_rows
from persona_eval.training.stops import lookalikes

if TYPE_CHECKING:
    from persona_eval.models.mlx import LoadedBase

MARKED = regex.compile(r"<.+>|\[.+\]")
ENDING = regex.compile(r"</s>|(?i:eos|eot|eom|end(?!ofprompt))|<\|return\|>")
MOST = 12
"""Tokens that are watched besides the stop tokens."""
PROBE, ANSWER = "Hello!", "Hello to you."


@dataclass(frozen=True)
class Wrapping:
    """What the chat template writes right before and right after a reply."""

    lead: str
    close: str | None
    """None where the template does not write the reply as it is given."""


@dataclass(frozen=True)
class Ends:
    """Tokens by their ids, with how the tokenizer writes them."""

    stops: Mapping[int, str]
    """What ends a reply, and what `min_tokens` bans."""
    others: Mapping[int, str]
    """What looks as if it ended one, and does not."""
    closing: int | None
    """The token that the chat template closes a reply with; None where those are plain words."""
    unclosed: bool
    """Whether the chat template puts no special token after a reply."""
    stop_texts: tuple[str, ...]
    """Texts that end a reply besides."""
    alike: Mapping[int, int]
    """How many other tokens have nearly the same weights as a stop or closing token."""
    context: int

    @property
    def names(self) -> dict[int, str]:
        """All tokens that are watched."""
        return {**self.stops, **self.others}

    def to_json(self) -> dict[str, Any]:
        """Plain data, with the ids as text."""
        tables = {"stops": self.stops, "others": self.others, "alike": self.alike}
        plain = {name: {str(k): v for k, v in table.items()} for name, table in tables.items()}
        return {**plain, "closing": self.closing, "unclosed": self.unclosed,
                "stop_texts": list(self.stop_texts), "context": self.context}  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ends:
        """The inverse of ``to_json``."""
        stops, others, alike = (
            {int(k): v for k, v in data[name].items()} for name in ("stops", "others", "alike")
        )
        texts = tuple(data["stop_texts"])
        return cls(
            stops, others, data["closing"], data["unclosed"], texts, alike, data["context"]
        )  # fmt: skip


def ends_of(base: LoadedBase) -> Ends:
    """What ends a reply of this base, by its files and its tokenizer."""
    around = wrapping(base)
    closing = closing_token(base, around)
    stops = {token: _name(base, token) for token in base.stop_ids}
    others = dict.fromkeys(
        token for token in (closing, *_like_stops(base)) if token is not None and token not in stops
    )
    rows = output_rows(base.model)
    looked_at = [*stops, *([closing] if closing is not None else [])]
    alike = {token: lookalikes(rows, token) for token in looked_at} if rows else {}
    named = {token: _name(base, token) for token in list(others)[:MOST]}
    unclosed = around.close is not None and closing is None
    return Ends(stops, named, closing, unclosed, base.stop_texts, alike, base.context)


def wrapping(base: LoadedBase) -> Wrapping:
    """What stands around a reply."""
    turns = (Message("user", PROBE), Message("assistant", ANSWER))
    written = [{"role": turn.role, "content": turn.content} for turn in turns]
    try:
        asked = _text(base, written[:1], add_generation_prompt=True)
        answered = _text(base, written)
    except Exception:  # templates are programs: anything may be raised
        return Wrapping("", None)
    before, found, after = answered[_shared(asked, answered) :].partition(ANSWER)
    return Wrapping(before, after) if found else Wrapping("", None)


def closing_token(base: LoadedBase, around: Wrapping) -> int | None:
    """The special token that comes right after a reply, or None."""
    tokens = base.tokenizer.encode(around.close or "", add_special_tokens=False)
    special = {*base.stop_ids, *_special(base)}
    return int(tokens[0]) if tokens and tokens[0] in special else None


def _like_stops(base: LoadedBase) -> Iterator[int]:
    """Special tokens with the name of an end, those that configurations give first."""
    known = base.tokenizer.eos_token_id
    yield from [known] if isinstance(known, int) else []
    for token, text in sorted(_special(base).items()):
        if MARKED.fullmatch(text) and ENDING.search(text):
            yield token


def _special(base: LoadedBase) -> dict[int, str]:
    added = getattr(base.tokenizer, "added_tokens_decoder", None) or {}
    found = {int(token): str(getattr(each, "content", each)) for token, each in added.items()}
    special = getattr(base.tokenizer, "all_special_ids", None) or []
    return found | {int(token): _name(base, int(token)) for token in special}


def _name(base: LoadedBase, token: int) -> str:
    found = base.tokenizer.convert_ids_to_tokens(token)
    return str(found) if found else f"token {token}"


def _text(base: LoadedBase, turns: list[dict[str, str]], **options: Any) -> str:
    return str(base.tokenizer.apply_chat_template(turns, tokenize=False, **options))


def _shared(one: str, other: str) -> int:
    """Length of the common beginning."""
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
