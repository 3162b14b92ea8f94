"""Conversations as tokens, with the positions that training learns from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Protocol

from persona_eval.errors import DataError, Problem, TrainingError
from persona_eval.training.corpus import Conversation


class Tokenizer(Protocol):
    """The part of mlx-lm's ``TokenizerWrapper`` that training uses."""

    @property
    def eos_token_ids(self) -> Collection[int]:
        """Tokens that end a reply."""

    def apply_chat_template(self, messages: list[dict[str, str]], **options: Any) -> Any:
        """Token ids, or text with ``tokenize=False``."""

    def encode(self, text: str, **options: Any) -> list[int]:
        """Token ids of a text."""


@dataclass(frozen=True)
class Example:
    """Tokens to read and, as half-open spans of their indices, those to learn to say."""

    tokens: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]
    source: Conversation

    @property
    def learned(self) -> int:
        """How many tokens are learnt from."""
        return sum(end - start for start, end in self.spans)

    @property
    def place(self) -> str:
        """Where it comes from, for people: ``train.jsonl:12``."""
        return f"{self.source.path.name}:{self.source.line}"


def tokenize(
    conversations: Iterable[Conversation], tokenizer: Tokenizer, max_length: int
) -> list[Example]:
    """Examples of all conversations, every assistant turn supervised through its stop token.

    Raises DataError naming each line that is longer than ``max_length`` tokens, and
    TrainingError when the template has no stop token after a reply.
    """
    examples = [e for c in conversations for e in examples_of(c, tokenizer)]
    _refuse_long(examples, max_length)
    return examples


def examples_of(conversation: Conversation, tokenizer: Tokenizer) -> list[Example]:
    """One example where the template writes a growing conversation without changing what it
    wrote before; else one for each assistant turn, since some templates rewrite the past (they
    drop earlier thoughts, for instance)."""
    turns = [
        _turn(conversation, index, tokenizer)
        for index, message in enumerate(conversation.messages)
        if message.role == "assistant"
    ]
    whole = turns[-1].tokens
    if all(whole[: len(turn.tokens)] == turn.tokens for turn in turns):
        spans = tuple(span for turn in turns for span in turn.spans)
        return [Example(whole, spans, conversation)]
    return turns


def _turn(conversation: Conversation, index: int, tokenizer: Tokenizer) -> Example:
    """The conversation up to one reply, as far as the stop token; only this reply is learnt."""
    before = [{"role": m.role, "content": m.content} for m in conversation.messages[:index]]
    reply = {"role": "assistant", "content": conversation.messages[index].content}
    prompt = list(_render(conversation, tokenizer, before, add_generation_prompt=True))
    tokens = list(_render(conversation, tokenizer, [*before, reply]))
    if tokens[: len(prompt)] != prompt:
        tokens = _continued(conversation, tokenizer, prompt, before, reply)
    end = _end(tokens, len(prompt), tokenizer.eos_token_ids, conversation)
    return Example(tuple(tokens[:end]), ((len(prompt), end),), conversation)


def _continued(
    conversation: Conversation,
    tokenizer: Tokenizer,
    prompt: list[int],
    before: list[dict[str, str]],
    reply: dict[str, str],
) -> list[int]:
    """The prompt's own tokens and then the rest of the text: what generation will see, also
    where the border falls within a token or the template opens a thought for the prompt only."""
    asked = _render(conversation, tokenizer, before, add_generation_prompt=True, tokenize=False)
    answered = _render(conversation, tokenizer, [*before, reply], tokenize=False)
    pairs = zip(asked, answered, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return prompt + list(tokenizer.encode(answered[shared:], add_special_tokens=False))


def _render(
    conversation: Conversation,
    tokenizer: Tokenizer,
    messages: list[dict[str, str]],
    **options: Any,
) -> Any:
    """The template's text or tokens; a template that refuses the messages (some know no system
    turn) is a problem of the line."""
    try:
        return tokenizer.apply_chat_template(messages, **options)
    except Exception as error:
        message = f"the base model's chat template refuses these messages: {error}"
        raise DataError([Problem(conversation.path, conversation.line, 1, "", message)]) from error


def _end(tokens: Sequence[int], start: int, stops: Collection[int], source: Conversation) -> int:
    for position in range(len(tokens) - 1, start - 1, -1):
        if tokens[position] in stops:
            return position + 1
    raise TrainingError(
        f"{source.path}:{source.line}: the base model's chat template puts no stop token "
        f"({', '.join(map(str, sorted(stops))) or 'the model has none'}) after a reply, so that "
        "the model would never learn to stop. Mend: end assistant turns in the chat template "
        "with one of the model's stop tokens, or name the template's closing token as "
        "`eos_token_id` in the model's generation_config.json"
    )


def _refuse_long(examples: Sequence[Example], max_length: int) -> None:
    longest = max((len(example.tokens) for example in examples), default=0)
    mend = f"set `max_length: {longest}` in the recipe, or shorten the conversation"
    problems = {
        Problem(e.source.path, e.source.line, 1, "", f"{_too_long(e, max_length)}; {mend}")
        for e in examples
        if len(e.tokens) > max_length
    }
    if problems:
        raise DataError(problems)


def _too_long(example: Example, max_length: int) -> str:
    return f"is {len(example.tokens)} tokens long, more than max_length {max_length}"
