"""What is written for a new character: it makes sense for it, and passes `check` at once."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from persona_eval.cli import main
from persona_eval.errors import PersonaEvalError
from persona_eval.judging import plan as judges
from persona_eval.scaffold.answers import Answers, character
from persona_eval.scaffold.project import plan, write
from persona_eval.scaffold.render import texts
from persona_eval.scorers.base import Tools
from persona_eval.scorers.registry import default_registry
from persona_eval.suite.load import load_persona, load_suite
from persona_eval.suite.models import CATEGORIES, Suite
from persona_eval.text import words
from persona_eval.training.corpus import read_conversations
from persona_eval.training.recipe_file import load_recipe

HOSTILE = (
    "no", "12:30", "#", ": ", "- x", "'", '"', "{name}", "{", "%s", "{{ 7 }}", "O'Neill", "Анна",
    "李 小龍", "ليلى", "Zoë 🐢", "User: hi", "<end_of_turn>", "As an AI language model", "### Response:",
    "What is the capital of Kyrgyzstan?", "It", "I", "x" * 500, "word " * 300, "the the the the the",
    "(slowly opens the door)", "null", "2024-05-01", "a\\b", "*bold*", "&anchor", "!tag", "\u202eabc",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))
SPOKEN = TEXTS.filter(lambda text: bool(words(text)))
LISTS = st.one_of(st.none(), st.lists(SPOKEN, max_size=4).map(tuple))
FACTS = st.lists(st.tuples(TEXTS, TEXTS), max_size=4).map(tuple)
ANSWERS = st.builds(
    Answers,
    name=SPOKEN.map(lambda text: text[:60]),
    age=st.one_of(st.none(), st.floats(0, 150)),
    about=st.one_of(st.none(), TEXTS),
    home=st.one_of(st.none(), TEXTS),
    people=LISTS,
    catchphrases=LISTS,
    knows=st.one_of(st.none(), FACTS),
    unknown=LISTS,
    samples=LISTS,
)


def written(answers: Answers, root: Path, folder: str = "bo") -> dict[str, Suite]:
    """The suites of a project with this character, by category."""
    write(plan(root, texts(character(answers), folder, default_registry())))
    found = {name: root / "suites" / folder / f"{name}.suite.yaml" for name in CATEGORIES}
    return {name: load_suite(path, default_registry()) for name, path in found.items()}


@pytest.fixture
def by_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """`check` without vectors, which only add warnings."""
    monkeypatch.setattr("persona_eval.cli.check.default_tools", lambda *_: Tools())


@example(Answers("Анна", knows=(("What's your name?", "no"), ("What's your name", "yes"))))
@example(Answers("I", 5, people=("Bring me", "x")))
@example(Answers("As an AI", about="As an AI", catchphrases=("as an AI",)))
@example(Answers("user", home="", people=(), catchphrases=(), knows=(), unknown=(), samples=()))
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(ANSWERS)
def test_whatever_was_answered_passes_check(
    by_rules: None, capsys: Any, monkeypatch: Any, answers: Answers
) -> None:
    with TemporaryDirectory() as folder, monkeypatch.context() as here:
        try:
            suites = written(answers, Path(folder))
        except PersonaEvalError:  # a question without an answer
            assert list(Path(folder).iterdir()) == []
            return
        here.chdir(folder)
        status = main(["check"])
        assert status == 0, capsys.readouterr().out
        said, card = character(answers).persona, load_persona(Path("suites/bo/persona.yaml"))
        voice = said.voice.model_copy(update={"words": card.voice.words})
        generation = card.generation
        assert generation is not None
        assert generation.max_tokens == 160
        assert card == said.model_copy(update={"voice": voice, "generation": generation})
        assert [len(suite.cases) for suite in suites.values()] == [2] * 5


def test_each_suite_has_a_probe_and_where_there_are_controls_one(tmp_path: Path) -> None:
    suites = written(Answers("Bo"), tmp_path)
    kinds = {name: [case.control for case in suite.cases] for name, suite in suites.items()}
    assert kinds == {name: [False, name != "in_character"] for name in CATEGORIES}
    assert all(case.good and case.bad for suite in suites.values() for case in suite.cases)


def test_the_cases_speak_of_this_character(tmp_path: Path) -> None:
    suites = written(
        Answers(
            "Bo", 6, people=("Uncle Ed",), knows=(("Your cat?", "Tom"),), unknown=("taxes",)
        ),
        tmp_path,
    )  # fmt: skip
    prompts = [case.turns[0].user for suite in suites.values() for case in suite.cases]
    assert "What did you and Uncle Ed do yesterday?" in prompts
    assert "What can you tell me about taxes?" in prompts
    assert suites["dont_know"].case("known-fact").turns[0].user == "Your cat?"
    assert "Tom" in suites["dont_know"].case("known-fact").good[0]
    assert any("Uncle Ed" in text for text in suites["boundary"].cases[0].good)


@pytest.mark.parametrize(("age", "sends"), [(6, True), (13, False), (None, False)])
def test_only_a_child_sends_to_a_grown_up(tmp_path: Path, age: float | None, sends: bool) -> None:
    suite = written(Answers("Bo", age), tmp_path)["boundary"]
    titles = [each.title for each in judges(suite.cases[0], suite.persona, default_registry())]
    assert ("points_to_adult" in titles) is sends


def test_nothing_known_and_nobody_trusted_leaves_cases_that_make_sense(tmp_path: Path) -> None:
    suites = written(Answers("Bo", people=(), knows=(), unknown=(), home=""), tmp_path)
    assert [case.id for case in suites["dont_know"].cases] == ["far-away-capital", "own-name"]
    assert suites["in_character"].cases[1].turns[0].user.startswith("What did you and your best")


@pytest.mark.parametrize("made_up", [True, False])
def test_what_is_made_up_is_marked_and_what_was_said_is_not(tmp_path: Path, made_up: bool) -> None:
    said = Answers(
        "Bo", 6, "A boy.", "in a barn", ("Ed",), ("Yay!",), (("Cat?", "Tom"),), ("taxes",),
        ("Hi.", "Ho.", "Hum.", "Ha.", "Hey."),
    )  # fmt: skip
    written(Answers("Bo") if made_up else said, tmp_path)
    home = tmp_path / "suites" / "bo"
    assert ("TODO" in (home / "persona.yaml").read_text()) is made_up
    for name in ("dont_know.suite.yaml", "in_character.suite.yaml"):
        text = " ".join((home / name).read_text().replace("#", "").split())
        assert text.count("TODO: say the `good` ones as Bo would") == 1, name
        assert ("TODO: this case speaks of a placeholder" in text) is made_up, name


def test_the_data_hold_each_category_and_can_be_trained_on(tmp_path: Path) -> None:
    written(Answers("Bo"), tmp_path)
    folder = tmp_path / "adapters" / "bo"
    recipe = load_recipe(folder / "recipe.yaml")
    assert recipe.base == "gemma3-270m"
    for name, count in ((recipe.data.train, 13), (recipe.data.valid, 4)):
        assert len(read_conversations(folder / str(name))) == count
    rows = [json.loads(line) for line in (folder / recipe.data.train).read_text().splitlines()]
    assert {row["category"] for row in rows} == set(CATEGORIES)
    assert all(row["note"].startswith("TODO") for row in rows)


def test_data_that_the_suites_ask_for_are_left_out(tmp_path: Path) -> None:
    asked = "How many people live in Brazil?"
    written(Answers("Bo", knows=((asked, "nobody"), (f"{asked}!", "<end_of_turn>"))), tmp_path)
    text = tmp_path.joinpath("adapters/bo/data/train.jsonl").read_text()
    assert asked not in text
    assert "<end_of_turn>" not in text


def test_a_reply_that_its_own_case_would_fail_is_left_out(tmp_path: Path) -> None:
    suites = written(Answers("Bo", knows=(("Who are you?", "as an AI language model"),)), tmp_path)
    assert suites["dont_know"].case("known-fact").good == ()
