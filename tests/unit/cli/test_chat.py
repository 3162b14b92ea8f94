"""``persona-eval chat``: a conversation that is typed, and cases made of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from persona_eval.cli import main
from persona_eval.errors import EngineError
from persona_eval.models.base import Request
from persona_eval.models.scripted import ScriptedModel
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.load import load_suite

SUITE = Path("suites/a.suite.yaml")
UNJUDGED = "defaults: {pack: none}"
Chat = Callable[..., str]
SAID = {
    "Ahoy!": "Ahoy, matey!",
    "Blank": " ",
    "Odd": "red\x1b[31m\nand a line",
    "What do ye drink?": "Rum, and nothing but rum!",
}


def answer(request: Request) -> str:
    attempt = request.key.split("/")[1]
    prompt = request.messages[-1].content
    if prompt == "Trouble":
        raise EngineError("too long")
    return SAID[prompt] if attempt == "0" else f"{SAID[prompt]} ({attempt})"


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    found = ScriptedModel(answer)
    monkeypatch.setattr("persona_eval.cli.chat.load", lambda _: found)
    return found


@pytest.fixture
def chat(project: Path, model: ScriptedModel, monkeypatch, capsys) -> Chat:
    """Type these lines, and return what is shown."""
    SUITE.write_text(SUITE.read_text().replace(UNJUDGED, "defaults: {trials: 1}"))

    def typed(*lines: str, arguments: Iterable[str] = ("base",)) -> str:
        left = iter(lines)

        def line(prompt: str) -> str:
            print(prompt, end="")
            try:
                return next(left)
            except StopIteration:
                raise EOFError from None

        monkeypatch.setattr("builtins.input", line)
        assert main(["chat", *arguments]) == 0
        assert list(left) == []
        return capsys.readouterr().out

    return typed


def test_what_is_typed_is_said_and_answered(chat: Chat, model: ScriptedModel) -> None:
    assert chat("Ahoy!", "", "What do ye drink?") == (
        "Rosa: Ahoy, matey!\nRosa: Rum, and nothing but rum!\n"
    )
    assert [message.content for message in model.asked[1].messages] == [
        "Ahoy!", "Ahoy, matey!", "What do ye drink?",
    ]  # fmt: skip
    assert not Path(".persona_eval").exists()


def test_the_cards_system_prompt_is_sent(chat: Chat, model: ScriptedModel) -> None:
    Path("suites/persona.yaml").write_text("{name: Rosa, system_prompt: Be Rosa.}")
    chat("Ahoy!")
    assert model.asked[0].messages[0].content == "Be Rosa."


def test_settings_are_those_of_a_run_unless_given(chat: Chat, model: ScriptedModel) -> None:
    chat("Ahoy!")
    chat("Ahoy!", arguments=("base", "--temperature", "0", "--max-tokens", "9", "--seed", "4"))
    first, second = (request.generation for request in model.asked)
    assert (first.temperature, first.max_tokens, first.seed) == (0.8, 320, 0)
    assert (second.temperature, second.max_tokens, second.seed) == (0, 9, 4)


def test_control_characters_are_shown_and_not_obeyed(chat: Chat) -> None:
    assert chat("Odd") == "Rosa: red\\u001b[31m ⏎ and a line\n"


def test_again_undo_and_new(chat: Chat, model: ScriptedModel) -> None:
    shown = chat("Ahoy!", "/again", "What do ye drink?", "/undo", "/again", "/new", "Ahoy!")
    assert shown == (
        "Rosa: Ahoy, matey!\nRosa: Ahoy, matey! (1)\nRosa: Rum, and nothing but rum!\n"
        "taken back: What do ye drink?\nRosa: Ahoy, matey! (2)\na new conversation\n"
        "Rosa: Ahoy, matey!\n"
    )
    assert len(model.asked[-1].messages) == 1


def test_a_reply_becomes_a_case(chat: Chat) -> None:
    before = SUITE.read_text()
    shown = chat("Ahoy!", "What do ye drink?", "/case", "maybe", "y", "?", "i", "Not this", "rum")
    assert "[y] yes  [n] no" in shown
    assert "(an empty line: what-do-ye-drink)" in shown
    assert f"{Path('suites/a.suite.yaml').resolve()}" not in shown
    assert "suites/a.suite.yaml: added rum. Look at it: persona-eval check suites/a" in shown
    assert SUITE.read_text().startswith(before)
    assert SUITE.read_text()[len(before) :] == (
        "\n  - id: rum\n    category: in_character\n    turns:\n"
        '      - user: "Ahoy!"\n        assistant: "Ahoy, matey!"\n'
        '      - user: "What do ye drink?"\n'
        '    good:\n      - "Rum, and nothing but rum!"\n'
    )


def test_marked_replies_go_into_one_case(chat: Chat) -> None:
    shown = chat("Ahoy!", "/good", "/again", "/bad", "/case", "in_character+", "")
    assert "marked: 1 good, 1 bad; /case writes them" in shown
    assert "Is this reply right?" not in shown
    case = load_suite(SUITE, default_registry()).case("ahoy")
    assert case.good == ("Ahoy, matey!",)
    assert case.bad == ("Ahoy, matey! (1)",)
    assert case.control
    assert "marked and in no case" not in shown


def test_marked_replies_that_are_left_behind_are_told_of_and_can_be_gone_back_to(
    chat: Chat,
) -> None:
    shown = chat("Ahoy!", "/good", "What do ye drink?", "/undo", "/case", "i", "")
    assert "1 marked and in no case (/undo goes back, /case writes)" in shown
    assert load_suite(SUITE, default_registry()).case("ahoy").good == ("Ahoy, matey!",)


def test_a_new_category_begins_a_suite_and_ids_stay_unique(chat: Chat) -> None:
    chat("Ahoy!", "/case", "n", "b", "", "/again", "/case", "n", "b", "")
    suite = load_suite(Path("suites/boundary.suite.yaml"), default_registry())
    assert [case.id for case in suite.cases] == ["ahoy", "ahoy-2"]
    assert suite.cases[0].bad == ("Ahoy, matey!",)


def test_a_question_that_is_not_answered_writes_nothing(chat: Chat) -> None:
    before = SUITE.read_text()
    assert "stopped: nothing was said or written" in chat("Ahoy!", "/case", "y")
    assert SUITE.read_text() == before


def test_a_case_that_cannot_be_is_refused_with_the_reason(chat: Chat, monkeypatch) -> None:
    monkeypatch.setitem(SAID, "Ahoy!", "As an AI, I cannot say ahoy.")
    before = SUITE.read_text()
    shown = chat("Ahoy!", "/case", "y", "i", "")
    assert "suites/a.suite.yaml was not changed: good example “As an AI" in shown
    assert SUITE.read_text() == before


def test_a_case_that_nothing_would_judge_is_refused(chat: Chat) -> None:
    SUITE.write_text(SUITE.read_text().replace("defaults: {trials: 1}", UNJUDGED))
    before = SUITE.read_text()
    shown = chat("Ahoy!", "/case", "y", "i", "")
    assert "nothing judges this case, so it cannot fail" in shown
    assert ".partial" not in shown
    assert SUITE.read_text() == before


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["/case"], "nothing has been said yet"),
        (["/again"], "nothing has been said yet"),
        (["/undo"], "nothing has been said yet"),
        (["/good"], "nothing has been said yet"),
        (["Blank", "/good"], "a reply without words makes no case: /again, or /undo"),
        (["Blank", "/case"], "a reply without words makes no case: /again, or /undo"),
        (["/train"], "/train is no command: /case, /good, /bad, /again, /undo"),
        (["Trouble"], "too long"),
        (["/help"], "/case   make a case of the last reply"),
    ],
)
def test_trouble_is_told_and_the_talk_goes_on(chat: Chat, lines: list[str], message: str) -> None:
    shown = chat(*lines, "Ahoy!", "/quit")
    assert message in shown
    assert shown.endswith("Rosa: Ahoy, matey!\n")


def test_on_a_terminal_one_key_is_enough(chat: Chat, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    shown = chat("Ahoy!", "a", "c", "y", "i", "", "?", "q")
    assert "/help lists the commands" in shown
    assert "> Rosa: Ahoy, matey! (1)" in shown
    assert "added ahoy" in shown
    assert "/case   c  make a case" in shown


def test_elsewhere_a_letter_is_said(chat: Chat, monkeypatch) -> None:
    monkeypatch.setitem(SAID, "c", "Sea?")
    assert chat("c") == "Rosa: Sea?\n"


def test_without_suites_there_is_talk_but_no_case(chat: Chat) -> None:
    shown = chat("Ahoy!", "/case", arguments=("base", "--suites", "nowhere"))
    assert shown.startswith("reply: Ahoy, matey!\n")
    assert "nowhere holds no suites to put a case into: begin a character with" in shown


def test_with_two_characters_the_adapters_name_tells_whose_it_is(chat: Chat) -> None:
    for name in ("rosa", "bo"):
        folder = Path("two", name)
        folder.mkdir(parents=True)
        folder.joinpath("persona.yaml").write_text(f"name: {name.title()}\n")
        folder.joinpath("a.suite.yaml").write_text(
            "persona: persona.yaml\ncases: [{id: a, category: clarify, prompt: Hm}]\n"
        )
    shown = chat("Ahoy!", "/case", arguments=("base", "--suites", "two"))
    assert "whose case is it? Chat with --suites and one of: two/bo, two/rosa" in shown
    assert chat("Ahoy!", arguments=("base", "--suites", "two/bo")) == "Bo: Ahoy, matey!\n"
    adapter("rosa-2")
    assert chat("Ahoy!", arguments=("rosa-2", "--suites", "two")) == "Rosa: Ahoy, matey!\n"


def adapter(name: str, recipe: str | None = None) -> Path:
    folder = Path("adapters", name)
    folder.mkdir(parents=True)
    lora = {"rank": 4, "scale": 2.0, "dropout": 0.0}
    config = {"num_layers": 2, "lora_parameters": lora}
    folder.joinpath("adapter_config.json").write_text(json.dumps(config))
    folder.joinpath("adapters.safetensors").write_text("weights")
    if recipe:
        folder.joinpath("recipe.yaml").write_text(recipe)
    return folder


def test_the_adapter_is_worn(chat: Chat, model: ScriptedModel) -> None:
    folder = adapter("rosa")
    chat("Ahoy!", arguments=("rosa",))
    assert model.worn == folder


def test_an_adapter_that_is_not_current_is_not_talked_to(chat: Chat, capsys) -> None:
    folder = adapter("rosa", "{base: scripted, select: last, data: {train: train.jsonl}}")
    row = {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
    folder.joinpath("train.jsonl").write_text(json.dumps(row))
    assert main(["chat", "rosa"]) == 2
    shown = capsys.readouterr().err
    assert "adapter rosa is not current: it has no manifest.json" in shown
    assert "Train it: persona-eval train rosa; or talk to the base without it" in shown


def test_an_adapter_that_is_not_there_is_answered_with_those_that_are(chat: Chat, capsys) -> None:
    adapter("rosa")
    assert main(["chat", "rose"]) == 2
    shown = capsys.readouterr().err
    assert "Did you mean rosa?" in shown
    assert "`base` talks to the model without one" in shown


def test_settings_that_cannot_be_are_refused(chat: Chat, capsys) -> None:
    assert main(["chat", "base", "--top-p", "2"]) == 2
    assert "--top-p 2.0: input should be less than or equal to 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("files", "arguments", "base"),
    [
        ({}, ["base"], "gemma3-270m"),
        ({"pytest.ini": "[pytest]\npersona_model = mine\n"}, ["base"], "mine"),
        ({"pytest.ini": "[pytest]\npersona_model = mine\n"}, ["base", "--model", "x"], "x"),
    ],
)
def test_the_base_is_that_of_a_run(
    chat: Chat, model: ScriptedModel, monkeypatch, files, arguments, base
) -> None:
    for name, text in files.items():
        Path(name).write_text(text)
    asked: list[str] = []
    monkeypatch.setattr("persona_eval.cli.chat.load", lambda spec: asked.append(spec) or model)
    chat(arguments=arguments)
    assert asked == [base]


def test_the_recipes_base_goes_before_it(chat: Chat, monkeypatch, capsys) -> None:
    adapter("rosa", "{base: theirs, select: last}")

    def loaded(spec: str) -> ScriptedModel:
        raise EngineError(f"asked for {spec}")

    monkeypatch.setattr("persona_eval.cli.chat.load", loaded)
    assert main(["chat", "rosa"]) == 2
    assert "asked for theirs" in capsys.readouterr().err
