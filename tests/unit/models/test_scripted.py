"""A model that says what it was told to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.models.base import Message, Request
from persona_eval.models.scripted import ScriptedModel
from persona_eval.suite.card import Generation


def ask(*contents: str) -> Request:
    return Request("k", tuple(Message("user", text) for text in contents), Generation())


def test_by_the_last_user_message() -> None:
    batch = ScriptedModel({"Hi": "Ho ho"}).open()
    batch.submit([ask("Earlier", "Hi")])
    ((request, reply),) = batch.step()
    assert request == ask("Earlier", "Hi")
    assert (reply.text, reply.finish_reason) == ("Ho ho", "stop")
    assert (reply.tokens, reply.prompt_tokens) == (3, 2)


def test_by_a_function_of_the_request() -> None:
    model = ScriptedModel(lambda request: f"{len(request.messages)} messages")
    assert model.answer(ask("a", "b")) == "2 messages"


def test_what_the_script_does_not_hold() -> None:
    assert ScriptedModel({"Hi": "Ho"}, default="Hm").answer(ask("Bye")) == "Hm"
    with pytest.raises(KeyError, match="Bye"):
        ScriptedModel({"Hi": "Ho"}).answer(ask("Bye"))


def test_one_reply_a_step_in_order() -> None:
    model = ScriptedModel({}, default="Hm")
    batch = model.open()
    assert batch.step() == []
    batch.submit([ask("a"), ask("b")])
    assert batch.pending == 2
    assert [batch.step()[0][0].messages[0].content for _ in range(2)] == ["a", "b"]
    assert batch.pending == 0
    assert model.asked == [ask("a"), ask("b")]


def test_closing_drops_what_waits() -> None:
    batch = ScriptedModel({}, default="Hm").open()
    batch.submit([ask("a")])
    batch.close()
    assert batch.pending == 0


def test_versions_have_fingerprints_of_their_own() -> None:
    assert ScriptedModel({}).fingerprint == ScriptedModel({"a": "b"}).fingerprint
    assert ScriptedModel({}).fingerprint != ScriptedModel({}, version="2").fingerprint


def test_it_remembers_what_it_wears() -> None:
    model = ScriptedModel({})
    model.wear(Path("ned"))
    assert model.worn == Path("ned")
    model.wear(None)
    assert model.worn is None
