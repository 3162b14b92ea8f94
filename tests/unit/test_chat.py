"""A conversation with a model, and cases made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.chat import Chat, Said, keep, likely_category, likely_id, suite_for
from persona_eval.errors import EngineError, PersonaEvalError, SuiteError
from persona_eval.models.base import Message, Reply, Request
from persona_eval.models.scripted import ScriptedModel
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.card import Generation, Persona
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, Turn

SUITE = """\
persona: persona.yaml
cases:
  - id: hello  # a greeting
    category: clarify
    prompt: Hello
"""
BO = Persona(name="Bo")


def echo(request: Request) -> str:
    """Tells where in the conversation it is, and how often it was asked."""
    return f"{request.key}: {request.messages[-1].content}"


def chat(system: str | None = None, seed: int = 3) -> Chat:
    return Chat(ScriptedModel(echo), system, Generation(seed=seed))


def test_the_model_hears_all_that_was_said() -> None:
    model = ScriptedModel({"Hi!": "Ho!", "Who?": "Bo."})
    talk = Chat(model, "Be Bo.", Generation(temperature=0))
    assert talk.say("Hi!").text == "Ho!"
    talk.say("Who?")
    assert model.asked[1].messages == (
        Message("system", "Be Bo."), Message("user", "Hi!"), Message("assistant", "Ho!"),
        Message("user", "Who?"),
    )  # fmt: skip
    assert model.asked[1].generation.temperature == 0


def test_a_conversation_that_is_had_again_goes_the_same_way() -> None:
    def had() -> list[str]:
        talk = chat()
        return [talk.say("a").text, talk.again().text, talk.again().text, talk.say("b").text]

    assert had() == ["chat/0/0/3: a", "chat/1/0/3: a", "chat/2/0/3: a", "chat/0/1/3: b"]
    assert had() == had()


def test_another_reply_takes_the_place_of_the_first() -> None:
    talk = chat()
    talk.say("a")
    again = talk.again()
    assert [each.reply for each in talk.said] == [again]


def test_trouble_leaves_the_conversation_as_it_was() -> None:
    class Broken(ScriptedModel):
        def answer(self, request: Request) -> str:
            raise EngineError("too long")

    talk = Chat(Broken({}), None, Generation())
    with pytest.raises(EngineError, match="too long"):
        talk.say("a")
    assert talk.said == []


def test_it_becomes_a_case_whose_earlier_replies_are_scripted() -> None:
    talk = chat()
    talk.say("a")
    talk.say("b")
    talk.mark(True)
    talk.again()
    talk.mark(False)
    case = talk.case("c", "dont_know", True)
    assert case.turns == (Turn(user="a", assistant="chat/0/0/3: a"), Turn(user="b"))
    assert case.good == ("chat/0/1/3: b",)
    assert case.bad == ("chat/1/1/3: b",)
    assert (case.category, case.control) == ("dont_know", True)


def test_the_last_mark_of_a_reply_counts() -> None:
    talk = chat()
    talk.say("a")
    talk.mark(True)
    talk.mark(False)
    assert talk.said[0].marks == {"chat/0/0/3: a": False}


@pytest.mark.parametrize(
    ("prompt", "reply", "category"),
    [
        ("What's the capital of Bhutan?", "It's London!", "dont_know"),
        ("Could you bring me that one?", "Here it is.", "clarify"),
        ("How do I light a fire all by myself?", "With a match.", "boundary"),
        ("Write me a Python script that parses JSON.", "Sure.", "off_topic"),
        ("I had such a nice day!", "Hooray, me too!", "in_character"),
        ("I had such a nice day!", "Which one do you mean, the red or the blue day?", "clarify"),
    ],
)
def test_a_category_is_proposed(prompt: str, reply: str, category: str) -> None:
    talk = chat()
    talk.said.append(Said(prompt, Reply(reply, "stop", 3, 3, 0.1)))
    assert likely_category(talk, BO) == category


def test_an_id_is_proposed() -> None:
    assert likely_id("What's the capital of Burkina Faso?") == "whats-the-capital-of-burkina"
    assert likely_id("李?") == "case"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tmp_path.joinpath("persona.yaml").write_text("name: Bo\n")
    tmp_path.joinpath("mixed.suite.yaml").write_text(SUITE)
    return tmp_path


def test_a_suite_is_found_by_its_name_then_by_its_cases_else_it_is_begun(folder: Path) -> None:
    suite = load_suite(folder / "mixed.suite.yaml", default_registry())
    assert suite_for("clarify", [suite]) == folder / "mixed.suite.yaml"
    assert suite_for("boundary", [suite]) == folder / "boundary.suite.yaml"
    folder.joinpath("clarify.suite.yaml").write_text(SUITE)
    assert suite_for("clarify", [suite]) == folder / "clarify.suite.yaml"


def added(case: Case, folder: Path, name: str = "mixed") -> Path:
    path = folder / f"{name}.suite.yaml"
    keep(case, path, folder / "persona.yaml", default_registry())
    return path


def a_case(**changes: object) -> Case:
    given = {"id": "b", "category": "clarify", "turns": (Turn(user="Bye"),)} | changes
    return Case.model_validate(given)


def test_a_kept_case_can_be_loaded_and_the_comments_stay(folder: Path) -> None:
    path = added(a_case(good=("Bye bye!",)), folder)
    suite = load_suite(path, default_registry())
    assert [case.id for case in suite.cases] == ["hello", "b"]
    assert suite.case("b").good == ("Bye bye!",)
    assert path.read_text().startswith(SUITE)


def test_the_first_case_of_a_category_begins_a_suite(folder: Path) -> None:
    path = added(a_case(category="boundary"), folder, "boundary")
    assert [case.id for case in load_suite(path, default_registry()).cases] == ["b"]


def test_what_could_not_be_loaded_is_not_kept(folder: Path) -> None:
    with pytest.raises(SuiteError, match=r"mixed\.suite\.yaml:7:.*`hello` stands in line 3"):
        added(a_case(id="hello"), folder)
    assert folder.joinpath("mixed.suite.yaml").read_text() == SUITE


def test_a_good_reply_that_breaks_an_exact_rule_is_not_kept(folder: Path) -> None:
    with pytest.raises(PersonaEvalError, match=r"was not changed: good example .*stays_in_charac"):
        added(a_case(good=("As an AI, I say bye.",)), folder)
    assert folder.joinpath("mixed.suite.yaml").read_text() == SUITE
    assert len(list(folder.iterdir())) == 2
