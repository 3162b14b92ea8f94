from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from persona_eval.errors import DataError, TrainingError
from persona_eval.models.base import Message
from persona_eval.training.corpus import Conversation
from persona_eval.training.examples import Example, examples_of, tokenize


class Letters:
    """A tokenizer whose tokens are characters; ``$`` stops."""

    def __init__(self, keep_past: bool = True, think: bool = False, stop: str = "$"):
        self.keep_past, self.think, self.stop = keep_past, think, stop
        self.eos_token_ids = {ord("$")} if stop else set()

    def text(self, messages: list[dict[str, str]], add_generation_prompt: bool = False) -> str:
        if messages[0]["role"] == "system":
            raise ValueError("System role not supported")
        written = ""
        for index, message in enumerate(messages):
            last = index == len(messages) - 1
            mark = "" if self.keep_past or last or message["role"] == "user" else "(past)"
            end = "/" if message["role"] == "user" else self.stop + "\n"
            written += message["role"][0].upper() + mark + message["content"] + end
        return written + ("A" + ("<think>" if self.think else "") if add_generation_prompt else "")

    def apply_chat_template(self, messages: Any, tokenize: bool = True, **options: Any) -> Any:
        text = self.text(messages, **options)
        return self.encode(text) if tokenize else text

    def encode(self, text: str, **_: Any) -> list[int]:
        return [ord(letter) for letter in text]


def conversation(*turns: str, line: int = 1) -> Conversation:
    messages = tuple(
        Message("assistant" if index % 2 else "user", turn) for index, turn in enumerate(turns)
    )
    return Conversation(messages, Path("train.jsonl"), line)


def said(example: Example) -> list[str]:
    return ["".join(map(chr, example.tokens[start:end])) for start, end in example.spans]


def read(example: Example) -> str:
    return "".join(map(chr, example.tokens))


def test_every_reply_is_learnt_with_its_stop_token_and_nothing_else() -> None:
    (example,) = examples_of(conversation("hi", "hello", "bye", "ciao"), Letters())
    assert read(example) == "Uhi/Ahello$\nUbye/Aciao$"
    assert said(example) == ["hello$", "ciao$"]
    assert example.learned == 11
    assert example.place == "train.jsonl:1"


def test_a_template_that_rewrites_the_past_gives_one_example_a_reply() -> None:
    first, second = examples_of(
        conversation("hi", "hello", "bye", "ciao"), Letters(keep_past=False)
    )
    assert (read(first), said(first)) == ("Uhi/Ahello$", ["hello$"])
    assert (read(second), said(second)) == ("Uhi/A(past)hello$\nUbye/Aciao$", ["ciao$"])


def test_the_prompt_is_what_generation_will_see() -> None:
    (example,) = examples_of(conversation("hi", "hello"), Letters(think=True))
    assert (read(example), said(example)) == ("Uhi/A<think>hello$", ["hello$"])


@pytest.mark.parametrize("stop", ["", "#"])
def test_a_template_without_stop_token_is_refused(stop: str) -> None:
    with pytest.raises(TrainingError, match=r"train\.jsonl:7: .*would never learn to stop"):
        examples_of(conversation("hi", "hello", line=7), Letters(stop=stop))


def test_messages_that_the_template_refuses_are_a_problem_of_their_line() -> None:
    messages = (Message("system", "Be kind."), Message("user", "hi"), Message("assistant", "hello"))
    with pytest.raises(DataError, match=r"train\.jsonl:3:1: .*System role not supported"):
        examples_of(Conversation(messages, Path("train.jsonl"), 3), Letters())


def test_long_conversations_are_named_and_never_cut() -> None:
    lines = [conversation("hi", "o" * 20, line=1), conversation("hi", "ho", line=2)]
    lines.append(conversation("hi", "o" * 30, line=3))
    with pytest.raises(DataError) as caught:
        tokenize(lines, Letters(), max_length=20)
    first, third = map(str, caught.value.problems)
    assert first.startswith("train.jsonl:1:1: is 26 tokens long, more than max_length 20")
    assert "set `max_length: 36` in the recipe" in first
    assert third.startswith("train.jsonl:3:1: is 36 tokens long")
    assert len(tokenize(lines, Letters(), max_length=36)) == 3
