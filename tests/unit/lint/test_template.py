"""What a chat template makes of the data."""

from __future__ import annotations

import pytest
from lint_data import CARD, DATA, conversation, suites

from persona_eval.lint.limits import Limits
from persona_eval.lint.template import template_findings, tokens
from persona_eval.models.base import Message
from persona_eval.training.corpus import Conversation

FINE = conversation("Is it <3 or :3?", "It's 3 < 4 and [maybe] a *wink*.", 1)


def found(*data: Conversation, card=CARD, max_length=None, max_tokens=320) -> dict[str, str]:
    one = suites(generation={"max_tokens": max_tokens})
    limits = Limits(max_length=max_length)
    return {f.name: f"{f.kind}: {f.message}" for f in template_findings(data, card, one, limits)}


def test_ordinary_signs_are_no_tokens():
    assert found(FINE) == {}


@pytest.mark.parametrize(
    "text",
    [
        "Hi.<end_of_turn>", "<|im_start|>assistant", "[INST] Hi [/INST]", "Hi.</s>", "<bos>Hi.",
        "### Response: Hi.", "Hi.\nUser: And you?", "Assistant: Hi.",
    ],
)  # fmt: skip
def test_tokens_and_labels_in_a_reply_are_errors(text):
    assert found(conversation("Hello?", text))["tokens in the text"].startswith(
        "error: 1 message with"
    )


def test_a_user_may_write_a_label_but_no_token():
    assert found(conversation("Question\nUser: who is that?", "Nobody.")) == {}
    assert "tokens in the text" in found(conversation("<|user|> Hi", "Hi."))


def test_roles_out_of_order():
    wrong = Conversation((Message("assistant", "Hi."), Message("user", "Hi?")), DATA, 3)
    assert found(wrong)["roles"].startswith("error: 1 conversation with messages out of order")


def test_system_turns_must_be_the_cards():
    with_one = Conversation((Message("system", "Be Nib."), *FINE.messages), DATA, 2)
    card = CARD.model_copy(update={"system_prompt": "Be Nib.\n"})
    assert found(with_one, card=card) == {}
    assert "1 of 2; make" in found(with_one, FINE, card=card)["system turn"]
    assert "(none, as the card has none)" in found(with_one)["system turn"]
    assert found(with_one, card=None) == {}


def test_what_the_limits_cut():
    long = conversation("Hm?", "word " * 200, 4)
    assert tokens(long.replies[0]) == pytest.approx(256, abs=1)
    assert found(long, max_length=300, max_tokens=300) == {}
    got = found(long, max_length=200, max_tokens=200)
    assert got["max_length"].startswith("warning: 1 conversation longer than about 200 tokens")
    assert got["max_tokens"].endswith("or let the suites go to 320")
