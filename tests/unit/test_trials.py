"""A trial asks for its replies one after another."""

from __future__ import annotations

import pytest
from exchanges import case

from persona_eval.models.base import Message, Reply
from persona_eval.suite.models import Case, Generation, Persona, Turn
from persona_eval.trials import Trial

BO = Persona(name="Bo")
THREE = (Turn(user="Hi"), Turn(user="What?", assistant="Scripted."), Turn(user="Bye"))


def reply(text: str) -> Reply:
    return Reply(text, "stop", 3, 5, 0.1)


@pytest.fixture
def talk() -> Case:
    return case(turns=THREE, generation=Generation(seed=7))


def roles(messages: tuple[Message, ...]) -> list[str]:
    return [f"{message.role[0]}:{message.content}" for message in messages]


def test_as_many_as_the_case_asks_for() -> None:
    trials = [Trial(case(), BO, number) for number in range(4)]
    assert [trial.number for trial in trials] == [0, 1, 2, 3]
    assert not any(trial.finished or trial.replies for trial in trials)


def test_a_scripted_reply_is_not_asked_for(talk: Case) -> None:
    trial = Trial(talk, BO, 0)
    first = trial.next_request()
    assert first is not None
    assert roles(first.messages) == ["u:Hi"]
    trial.replies.append(reply("Hello."))
    second = trial.next_request()
    assert second is not None
    assert roles(second.messages) == ["u:Hi", "a:Hello.", "u:What?", "a:Scripted.", "u:Bye"]
    trial.replies.append(reply("See you."))
    assert trial.finished
    assert trial.next_request() is None


def test_a_key_holds_case_trial_turn_and_seed_and_nothing_else(talk: Case) -> None:
    trial = Trial(talk, BO, 2, [reply("Hello.")])
    other = Trial(talk, Persona(name="Ned", system_prompt="Be Ned."), 2, [reply("Ho.")])
    requests = trial.next_request(), other.next_request()
    assert [request and request.key for request in requests] == ["a-case/2/2/7"] * 2


def test_settings_go_with_the_request(talk: Case) -> None:
    request = Trial(talk, BO, 0).next_request()
    assert request is not None
    assert request.generation == talk.generation


def test_the_system_prompt_comes_first_and_is_not_in_the_transcript(talk: Case) -> None:
    persona = Persona(name="Bo", system_prompt="You are Bo.")
    trial = Trial(talk, persona, 0, [reply("Hello.")])
    assert roles(trial.messages(0)) == ["s:You are Bo.", "u:Hi"]
    assert roles(trial.transcript()) == ["u:Hi", "a:Hello.", "u:What?", "a:Scripted."]
    trial.replies.append(reply("Bye."))
    assert roles(trial.transcript())[-2:] == ["u:Bye", "a:Bye."]


def test_trials_do_not_share_replies() -> None:
    first, second = (Trial(case(), BO, number) for number in range(2))
    first.replies.append(reply("Hello."))
    assert second.replies == []
