"""A trial asks for its replies one after another."""

from __future__ import annotations

import pytest
from exchanges import case
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.models.base import Message, Reply
from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.models import Case, Turn
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


@given(st.integers(1, 4), st.integers(0, 5), st.integers(0, 3))
def test_a_paraphrase_draws_by_itself_wherever_it_stands(
    wordings: int, count: int, others: int
) -> None:
    """The prompt asks under the keys that it has without paraphrases."""
    names = tuple(f"other {n}" for n in range(wordings))
    before = tuple(f"more {n}" for n in range(others))
    few, many = case(paraphrases=names), case(paraphrases=before + names)

    def key(asked: Case, wording: int) -> tuple[str, str]:
        trial = Trial(asked, BO, count * len(asked.wordings) + wording)
        request = trial.next_request()
        assert request
        return request.key, request.messages[-1].content

    assert key(few, 0) == key(many, 0) == key(case(), 0) == (f"a-case/{count}/0/0", "Hello!")
    for n, name in enumerate(names, 1):
        assert key(few, n) == key(many, others + n)
        assert key(few, n)[1] == name
    assert len({key(many, n)[0] for n in range(len(many.wordings))}) == len(many.wordings)


def test_the_transcript_has_the_wording_that_was_asked() -> None:
    asked = case(turns=THREE, paraphrases=("So long",))
    trial = Trial(asked, BO, 1, [reply("Hello."), reply("See you.")])
    assert roles(trial.transcript())[-2:] == ["u:So long", "a:See you."]


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
