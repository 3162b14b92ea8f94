"""A tiny language that a model speaks by the book: a chain of words, so that every probability is
known. What its replies come to depends on the settings alone."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import mlx.core as mx
import numpy as np
from support import SPECIAL, tiny_gemma

from persona_eval.doctor.diagnosis import diagnose
from persona_eval.doctor.examining import Examined, examine
from persona_eval.doctor.prompts import Asked, Prompts
from persona_eval.doctor.subject import Subject
from persona_eval.models.base import Message
from persona_eval.models.locate import BaseFiles
from persona_eval.models.mlx import LoadedBase, MLXModel
from persona_eval.runner import Runner, WornAdapter
from persona_eval.store import Store
from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.models import Case, Turn
from persona_eval.training.corpus import Conversation
from persona_eval.training.fingerprint import Sources

PLAIN = (
    "{% for m in messages %}{% if m['role'] == 'user' %}User: {{ m['content'] }} "
    "{% else %}Reply: {{ m['content'] }} <eos> {% endif %}{% endfor %}"
    "{% if add_generation_prompt %}Reply:{% endif %}"
)
CHATML = (
    "{% for m in messages %}<|im_start|> {{ m['role'] }} {{ m['content'] }} <|im_end|> {% endfor %}"
    "{% if add_generation_prompt %}<|im_start|> assistant{% endif %}"
)
SPEAKERS = ("I", "we", "they", "you")
VERBS = ("like", "see", "want", "find", "hear", "dig", "keep", "know")
FIRSTS = ("the", "my", "our", "your", "a")
NOUNS = ("burrow", "river", "hill", "friend", "moon", "tree", "garden", "stone", "bird", "path",
         "lamp", "song", "story", "game", "root", "leaf", "cloud", "field", "house", "boat")  # fmt: skip
BETWEEN = ("in", "under", "near", "with", "behind")
MARKS = ("User:", "Reply:", "user", "assistant")
WORDS = (*SPECIAL, ".", "and", *SPEAKERS, *VERBS, *FIRSTS, *NOUNS, *BETWEEN, *MARKS)
IDS = {word: number for number, word in enumerate(WORDS)}
FAR = 8.0
"""Nats by which what the grammar forbids is less likely."""
HEIGHT = 20.0
"""Logits of real models are well above 0, where a repetition penalty divides them."""
ENDS = 0.3
"""Share of sentences that end a reply."""


def grammar(stop: str = "<eos>", ends: float = ENDS) -> dict[str, dict[str, float]]:
    """What may follow each word, with its probability."""
    groups = (
        ((*SPECIAL, *MARKS, "and"), _shares(SPEAKERS, 1.0)),
        (SPEAKERS, _shares(VERBS, 1.0)),
        ((*VERBS, *BETWEEN), _shares(FIRSTS, 1.0)),
        (FIRSTS, _shares(NOUNS, 1.0)),
        (NOUNS, {".": 0.6, "and": 0.1, **_shares(BETWEEN, 0.3)}),
    )
    chain = {word: after for words, after in groups for word in words}
    chain["."] = {stop: ends, **_shares(SPEAKERS, 1 - ends)}
    return chain


def _shares(words: Sequence[str], total: float) -> dict[str, float]:
    """The first words are likelier than the last ones."""
    weights = [1 / (2 + place) for place in range(len(words))]
    return {w: total * x / sum(weights) for w, x in zip(words, weights, strict=True)}


def table(chain: dict[str, dict[str, float]]) -> Any:
    """Logits of the next word by the last one."""
    logits = np.full((len(WORDS), len(WORDS)), HEIGHT - FAR, dtype=np.float32)
    for word, after in chain.items():
        for follower, share in after.items():
            logits[IDS[word], IDS[follower]] = HEIGHT + np.log(share)
    return mx.array(logits)


def speaking(chain: dict[str, dict[str, float]], needs: str | None = None) -> Any:
    """A tiny model that says what the chain says. Where a conversation lacks the token that it
    ``needs``, it is half as sure of everything; in generation it always lacks it then."""
    model, logits = tiny_gemma(vocab_size=len(WORDS)), table(chain)

    class Speaking(type(model)):  # type: ignore[misc]
        def __call__(self, tokens: mx.array, cache: Any = None) -> mx.array:
            super().__call__(tokens, cache=cache)
            found = logits[tokens]
            if needs is None:
                return found
            has = (
                (tokens == IDS[needs]).any(axis=-1) if cache is None else mx.zeros(tokens.shape[0])
            )
            sure = mx.where(has, 1.0, 0.5)[:, None, None]
            return HEIGHT + (found - HEIGHT) * sure

    model.__class__ = Speaking
    return model


def tokenizer(template: str = PLAIN, stops: Sequence[str] = ("<eos>",)) -> Any:
    """Whole words, parted by blanks."""
    from mlx_lm.tokenizer_utils import TokenizerWrapper
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.WordLevel(vocab=IDS, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.add_special_tokens(list(SPECIAL))
    fast = PreTrainedTokenizerFast(
        tokenizer_object=words, eos_token="<eos>", pad_token="<pad>", unk_token="<unk>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
    )  # fmt: skip
    fast.chat_template = template
    return TokenizerWrapper(fast, eos_token_ids=[IDS[stop] for stop in stops])


class TinyModel(MLXModel):
    """Wears nothing, and counts how often it is loaded."""

    def __init__(self, folder: Path, model: Any, words: Any, name: str = "tiny"):
        (folder / "config.json").write_text(json.dumps({"max_position_embeddings": 1024}))
        super().__init__(BaseFiles(name, folder, name), batch_size=32)
        self.made = LoadedBase(name, folder, name, model, words)
        self.loads = 0

    @cached_property
    def base(self) -> LoadedBase:
        self.loads += 1
        return self.made

    def wear(self, adapter: Path | None) -> None:
        pass


def spoken(count: int, chain: dict[str, dict[str, float]], seed: int = 0) -> list[str]:
    """Replies as the chain makes them."""
    draw = random.Random(seed)
    return [" ".join(_reply(chain, draw)) for _ in range(count)]


def _reply(chain: dict[str, dict[str, float]], draw: random.Random) -> list[str]:
    said, word = list[str](), "Reply:"
    while True:
        words, shares = zip(*chain[word].items(), strict=True)
        (word,) = draw.choices(words, shares)
        if word in SPECIAL:
            return said
        said.append(word)


def conversations(replies: Sequence[str]) -> list[Conversation]:
    """Each reply as a line of training data."""
    path = Path("train.jsonl")
    return [
        Conversation(
            (Message("user", f"see the {NOUNS[n % 20]}"), Message("assistant", reply)), path, n
        )
        for n, reply in enumerate(replies, 1)
    ]


def asked(count: int = 24, **settings: Any) -> Prompts:
    """Prompts of a suite with these settings."""
    usual = {"repetition_penalty": 1.0, "max_tokens": 160}
    card = Persona(name="Tully")
    cases = (
        Case(id=f"case-{n}", category="in_character", turns=(Turn(user=f"see the {NOUNS[n % 20]}"),),
             trials=1, generation=Generation(**{**usual, **settings}))
        for n in range(count)
    )  # fmt: skip
    return Prompts("suites", tuple(Asked(case.id, case, card) for case in cases))


def subject(replies: Sequence[str] = (), name: str = "tully") -> Subject:
    """An adapter that was trained on these replies; of unknown data without any."""
    sources = Sources(conversations(replies), conversations(replies[:20])) if replies else None
    folder = None if name == "base" else Path(name)
    return Subject(WornAdapter(name, folder, name), None, sources)


def examined(model: Any, who: Subject, prompts: Prompts, store: Path) -> Examined:
    """Everything about a model, drawn and read."""
    kept = Store(store / "store.sqlite")
    try:
        return examine(who, prompts, [], Runner(model, kept), kept)
    finally:
        kept.close()


def named(found: Examined) -> list[str]:
    """What is found, by name."""
    return [finding.name for finding in diagnose(found)]
