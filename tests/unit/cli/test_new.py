"""``persona-eval new``: a character begun by flags, by typing, or by neither."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from persona_eval.cli import main
from persona_eval.suite.load import load_persona

CARD = Path("suites/rosa/persona.yaml")


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    typing(monkeypatch, [])


def typing(monkeypatch: pytest.MonkeyPatch, lines: Iterable[str]) -> None:
    left = iter(lines)

    def typed(_: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", typed)


def test_yes_asks_nothing_and_tells_what_comes_next(capsys, monkeypatch) -> None:
    monkeypatch.setattr("builtins.input", lambda _: pytest.fail("was asked"))
    assert main(["new", "Rosa", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "wrote suites/rosa/persona.yaml\n" in shown
    assert shown.endswith(
        "Next:\n  persona-eval check\n  persona-eval train rosa\n  pytest suites/\n"
    )
    assert Path("pytest.ini").read_text() == "[pytest]\npersona_adapters = rosa\n"
    assert "pytest suites/" in Path(".github/workflows/persona-eval.yml").read_text()
    assert ".persona_eval/\n" in Path(".gitignore").read_text()


def test_flags_answer_the_questions() -> None:
    flags = [
        "--age", "7", "--about", "A girl.", "--home", "in a barn", "--person", "Ann", "--person",
        "Uncle Ed", "--catchphrase", "Yay!", "--knows", "Your cat?", "Tom", "--does-not-know",
        "taxes", "--sample", "Hi: there", "--sample", "no",
    ]  # fmt: skip
    assert main(["new", "Rosa", *flags]) == 0
    card = load_persona(CARD)
    assert (card.name, card.age, card.description) == ("Rosa", 7, "A girl.")
    assert card.trusted_adults == ("Ann", "Uncle Ed")
    assert card.voice.samples == ("Hi: there", "no")
    assert card.voice.catchphrases == ("Yay!",)
    assert [(fact.ask, fact.answer) for fact in card.knows] == [("Your cat?", ("Tom",))]
    assert card.does_not_know == ("taxes",)
    assert "TODO" not in CARD.read_text()


def test_an_empty_flag_says_that_there_is_none() -> None:
    assert main(["new", "Rosa", "--yes", "--person", "", "--knows", "", "", "--about", ""]) == 0
    card = load_persona(CARD)
    assert card.trusted_adults == card.knows == ()
    assert card.description == ""


def test_what_flags_leave_open_is_asked_for(monkeypatch, capsys) -> None:
    typing(monkeypatch, ["old", "7", "A girl.", "", "Ann"])
    assert main(["new", "Rosa", "--home", "in a barn"]) == 0
    shown = capsys.readouterr().out
    assert "age: `old` is no number of years" in shown
    card = load_persona(CARD)
    assert (card.age, card.description) == (7, "A girl.")
    assert card.facts[0] == "Rosa lives in a barn."
    assert card.trusted_adults == ("Mum", "Aunt Wilma")
    assert card.voice.catchphrases == ("Ann",)


def test_the_name_can_be_typed_too(monkeypatch) -> None:
    typing(monkeypatch, ["Rosa"])
    assert main(["new"]) == 0
    assert load_persona(CARD).name == "Rosa"


def test_ctrl_c_writes_nothing(monkeypatch, capsys) -> None:
    def interrupted(_: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", interrupted)
    assert main(["new", "Rosa"]) == 130
    assert "nothing was written" in capsys.readouterr().out
    assert list(Path().iterdir()) == []


def test_a_character_that_is_there_is_not_overwritten_nor_asked_about(monkeypatch, capsys) -> None:
    CARD.parent.mkdir(parents=True)
    CARD.write_text("name: Rosa\n")
    monkeypatch.setattr("builtins.input", lambda _: pytest.fail("was asked"))
    assert main(["new", "Rosa"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("since these files are there already:")
    assert [line.strip() for line in lines[1:-1]] == ["suites/rosa/persona.yaml"]
    assert CARD.read_text() == "name: Rosa\n"
    assert not Path("adapters").exists()
    assert main(["new", "Rosa", "--yes", "--folder", "rosa-2"]) == 0


def test_a_second_character_joins_the_project(capsys) -> None:
    main(["new", "Rosa", "--yes"])
    capsys.readouterr()
    assert main(["new", "Bo", "--yes"]) == 0
    shown = capsys.readouterr().out
    assert "kept conftest.py, which was there" in shown
    assert shown.endswith(
        "  pytest suites/bo --persona-adapter bo\n"
        "or, without the option, with `persona_adapters` in pytest.ini:\n"
        "  persona_adapters = bo\n"
    )


def test_toml_is_told_in_toml(capsys) -> None:
    Path("pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    main(["new", "Rosa", "--yes"])
    assert '  persona_adapters = ["rosa"]\n' in capsys.readouterr().out
    assert not Path("pytest.ini").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--yes"], "a character needs a name: persona-eval new NAME --yes"),
        ([], "a character needs a name: persona-eval new NAME"),
        (["?!"], "name: `?!` holds no letter and no digit"),
        (["Rosa", "--age", "old"], "age: `old` is no number of years; or write `adult`"),
        (["Rosa", "--folder", "A b"], "--folder A b: a folder may hold a-z, 0-9 and hyphens"),
        (["Rosa", "--folder", "base"], "such as `base-character`"),
        (["Rosa", "--knows", "Cat?", ""], "knows: “Cat?” = “”: give a question and an answer"),
    ],
)
def test_what_cannot_be_used_is_said_and_writes_nothing(arguments, message, capsys) -> None:
    assert main(["new", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(Path().iterdir()) == []


def test_another_base_goes_into_the_recipe() -> None:
    main(["new", "Rosa", "--yes", "--base", "models/my: base"])
    recipe = Path("adapters/rosa/recipe.yaml").read_text()
    assert 'base: "models/my: base"\n' in recipe
    assert "Gemma" not in recipe


def test_without_suites_check_says_how_to_begin(capsys) -> None:
    assert main(["check"]) == 2
    assert "begin a character with `persona-eval new NAME`" in capsys.readouterr().err
