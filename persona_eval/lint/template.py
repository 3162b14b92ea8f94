"""What a chat template makes of the data: roles, tokens in the text, and what does not fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import regex

from persona_eval.lint.findings import Example, Finding, plural
from persona_eval.lint.limits import Limits
from persona_eval.lint.spoken import Spoken, examples, said_by
from persona_eval.scorers.wording import quote
from persona_eval.suite.card import Persona
from persona_eval.suite.models import Suite
from persona_eval.training.corpus import Conversation, row_problems

CHARACTERS = 3.9
"""Characters of a token: 3.6 in the example character's replies, 4.1 in the longer ones of the
packaged voices, by Gemma's tokenizer."""
MARKUP = regex.compile(
    r"<\|[^|<>\s]{1,40}\|>|<(?:start|end)_of_turn>|<</?SYS>>|\[/?INST\]|</?s>"
    r"|<(?:bos|eos|pad|unk|mask)>|###\s*(?:Instruction|Response)\b"
)
LABEL = regex.compile(r"(?mi)(?:\A|\n)\s*(?:user|assistant|human|reply|system|model|bot)\s*:")


def template_findings(
    conversations: Sequence[Conversation],
    card: Persona | None,
    suites: Sequence[Suite],
    limits: Limits,
) -> Iterator[Finding]:
    """Problems of roles and markup are errors; guesses about lengths are warnings."""
    yield from _roles(conversations)
    yield from _markup(conversations)
    yield from _system(conversations, card)
    yield from _cut_in_training(conversations, limits)
    yield from _cut_in_tests(said_by("assistant", conversations), suites)


def marked(conversations: Sequence[Conversation]) -> list[Spoken]:
    """Messages with a chat template's tokens in them, and replies with a speaker's label."""
    said = said_by("user", conversations) + said_by("system", conversations)
    replies = said_by("assistant", conversations)
    found = [each for each in [*said, *replies] if MARKUP.search(each.text)]
    return found + [each for each in replies if each not in found and LABEL.search(each.text)]


def tokens(text: str) -> float:
    """About how many tokens a text has."""
    return len(text) / CHARACTERS


def _roles(conversations: Sequence[Conversation]) -> Iterator[Finding]:
    wrong = [
        Example(each.path, each.line, f"{key} {message}")
        for each in conversations
        for key, message in row_problems(_row(each))
    ]
    if wrong:
        message = (
            f"{plural(len(wrong), 'conversation')} with messages out of order: put them in order"
        )
        yield Finding("error", "template", "roles", message, len(wrong), examples=tuple(wrong))


def _row(conversation: Conversation) -> dict[str, list[dict[str, str]]]:
    return {"messages": [{"role": m.role, "content": m.content} for m in conversation.messages]}


def _markup(conversations: Sequence[Conversation]) -> Iterator[Finding]:
    found = marked(conversations)
    if found:
        message = (
            f"{plural(len(found), 'message')} with tokens of a chat template or a speaker's label "
            "in the text, which the model would learn to say: take them out"
        )
        told = tuple(each.example(_sign(each.text)) for each in found)
        yield Finding("error", "template", "tokens in the text", message, len(found), examples=told)


def _sign(text: str) -> str:
    match = MARKUP.search(text) or LABEL.search(text)
    assert match is not None
    return f"{quote(match[0].strip())} in {quote(text)}"


def _system(conversations: Sequence[Conversation], card: Persona | None) -> Iterator[Finding]:
    """Other system turns than the suites send."""
    if card is None:
        return
    sent = (card.system_prompt or "").strip()
    found = [each for each in conversations if _system_of(each) != sent]
    if found:
        shown = tuple(
            Example(each.path, each.line, quote(_system_of(each)) if _system_of(each) else "none")
            for each in found
        )
        wanted = (
            f"{quote(sent)}, the card's `system_prompt`" if sent else "none, as the card has none"
        )
        message = (
            f"conversations with another system turn than the suites send ({wanted}): "
            f"{len(found)} of {len(conversations)}; make them the same"
        )
        yield Finding("warning", "template", "system turn", message, len(found), examples=shown)


def _system_of(conversation: Conversation) -> str:
    first = conversation.messages[0]
    return first.content.strip() if first.role == "system" else ""


def _cut_in_training(conversations: Sequence[Conversation], limits: Limits) -> Iterator[Finding]:
    if limits.max_length is None:
        return
    sizes = {each: sum(tokens(m.content) for m in each.messages) for each in conversations}
    found = [each for each, size in sizes.items() if size > limits.max_length]
    if found:
        shown = tuple(
            Example(each.path, each.line, f"about {sizes[each]:.0f} tokens") for each in found
        )
        message = (
            f"{plural(len(found), 'conversation')} longer than about {limits.max_length} tokens, the "
            "recipe's `max_length`, which training refuses: shorten them, or raise it"
        )
        yield Finding("warning", "template", "max_length", message, len(found), examples=shown)


def _cut_in_tests(replies: Sequence[Spoken], suites: Sequence[Suite]) -> Iterator[Finding]:
    """Replies longer than any case lets the model write: what it learns there counts as cut."""
    most = max((case.generation.max_tokens for suite in suites for case in suite.cases), default=0)
    found = [reply for reply in replies if most and tokens(reply.text) > most]
    if found:
        message = (
            f"replies longer than about {most} tokens, where the suites cut (`max_tokens`): "
            f"{len(found)} of {len(replies)}; shorten them, or let the suites go to {_round(found)}"
        )
        yield Finding(
            "warning", "template", "max_tokens", message, len(found), examples=examples(found)
        )


def _round(replies: Sequence[Spoken]) -> int:
    """The longest, with room, in steps of 20 tokens."""
    longest = max(tokens(reply.text) for reply in replies)
    return int(longest * 1.2 // 20 + 1) * 20
