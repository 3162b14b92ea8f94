"""`persona-eval doctor` on what it cannot examine: refused before a model is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from persona_eval.cli import main
from persona_eval.damage.adapters import BASE
from persona_eval.doctor.subject import asked_for, ready
from persona_eval.errors import AdapterError
from persona_eval.models.locate import BaseFiles


@pytest.fixture
def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """What is said on standard error, with exit status 2."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "persona_eval.cli.doctor.locate", lambda name: BaseFiles(name, tmp_path, "f")
    )

    def run(*arguments: str) -> str:
        assert main(["doctor", *arguments]) == 2
        return capsys.readouterr().err

    return run


def adapter(name: str, recipe: str = "base: tiny\nselect: last\n") -> Path:
    folder = Path("adapters") / name
    (folder / "data").mkdir(parents=True)
    (folder / "recipe.yaml").write_text(recipe)
    (folder / "data/train.jsonl").write_text(
        '{"messages": [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}]}\n'
    )
    return folder


def test_the_adapter_that_is_meant(tmp_path: Path) -> None:
    assert asked_for("mine", tmp_path, ["tully"]) == "mine"
    assert asked_for(None, tmp_path, ["tully", "other"]) == "tully"
    assert asked_for(None, tmp_path, []) == "base", "there is none"


def test_several_adapters_and_none_named(refused: Callable[..., str]) -> None:
    adapter("otto")
    adapter("tully")
    said = refused()
    assert "which adapter? adapters has: otto, tully. Name one, or `base` for none" in said


def test_an_unknown_adapter(refused: Callable[..., str]) -> None:
    adapter("tully")
    assert "no adapter `tuly`" in (said := refused("tuly"))
    assert "Did you mean tully?" in said


def test_an_adapter_that_is_not_trained(refused: Callable[..., str]) -> None:
    adapter("tully")
    assert "adapter tully is not current: it has not been trained yet" in refused("tully")


def test_a_suite_that_cannot_be_read(refused: Callable[..., str]) -> None:
    Path("suites").mkdir()
    Path("suites/a.suite.yaml").write_text("cases: 3\n")
    assert "suites/a.suite.yaml" in refused("base")


def test_a_file_that_cannot_be_written(refused: Callable[..., str]) -> None:
    assert "--json nowhere/x.json: give a file in a folder that exists" in refused(
        "base", "--json", "nowhere/x.json"
    )


def test_a_number_of_prompts_that_is_none() -> None:
    with pytest.raises(SystemExit):
        main(["doctor", "base", "--prompts", "0"])


def test_several_checkpoints_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("persona_eval.doctor.subject.asked_adapters", lambda *_: [BASE, BASE])
    with pytest.raises(AdapterError, match="tully@all means 2 adapters: name one of them"):
        ready("tully@all", tmp_path, BaseFiles("tiny", tmp_path, "f"))
