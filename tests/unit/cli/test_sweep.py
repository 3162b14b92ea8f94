"""`persona-eval sweep`: the same as under pytest, and what is refused before anything is made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from persona_eval.cli import main
from persona_eval.models.base import Request
from persona_eval.models.locate import BaseFiles
from persona_eval.models.scripted import ScriptedModel
from persona_eval.scorers.base import Tools

ASKED: list[str] = []


class Tiny(ScriptedModel):
    """Talks nonsense when it is hot. Its context is 500 tokens."""

    def __init__(self, files: BaseFiles, batch_size: int | None = None):
        super().__init__(self._say)
        self.files = files

    def _say(self, request: Request) -> str:
        ASKED.append(request.key)
        if request.generation.temperature > 0.9:
            return "Hm."
        return {"Who are you?": "I am Rosa!", "And your ship?": "The Gull!"}.get(
            request.messages[-1].content, "Rum!"
        )


@pytest.fixture
def rosa(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ASKED.clear()
    (project / "config.json").write_text('{"max_position_embeddings": 500}')
    for name, value in {
        "locate": lambda _: BaseFiles("scripted", project, "f" * 64),
        "MLXModel": Tiny,
        "default_tools": lambda *_: Tools(),
    }.items():
        monkeypatch.setattr(f"persona_eval.cli.sweep.{name}", value)
    return project


def swept(*arguments: str) -> list[Any]:
    assert main(["sweep", "--adapter", "base", *arguments, "--json", "out.json"]) == 0
    found: list[Any] = json.loads(Path("out.json").read_text())
    return found


def test_the_table_and_the_files(rosa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (found,) = swept("--set", "temperature=0.5..1.1:0.2", "--html", "page.html")
    out, err = capsys.readouterr()
    assert out.startswith(
        "Rosa · adapter base · scripted · 2 cases · 4 settings · the same draws for all\n"
    )
    assert "4 settings × 2 cases: 36 replies, about 36 to generate: 36 s (a guess" in err
    assert found["recommended"] == {"temperature": 0.7}
    assert (rosa / "page.html").read_text().startswith("<!doctype html>")
    record = json.loads((rosa / ".persona_eval/sweep.json").read_text())
    assert record["recommended"] == {"temperature": 0.7}


def test_a_second_time_nothing_is_generated(rosa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once = swept("--set", "temperature=0.5,1")
    first, asked = capsys.readouterr().out, len(ASKED)
    assert swept("--set", "temperature=0.5,1") == once
    again = capsys.readouterr()
    assert again.out == first
    assert "all of them stored" in again.err
    assert len(ASKED) == asked


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--set", "temprature=1"], "did you mean `temperature`"),
        (["--set", "top_k=1..200:1"], "That is more than 100 settings"),
        (["--set", "max_tokens=100,500"], "the model's context is 500 tokens"),
        (["--set", "min_tokens=320"], "cuts every reply"),
        (["nowhere", "--set", "top_k=1,2"], "nowhere"),
        (["--file", "nowhere.yaml"], "nowhere.yaml"),
        (["--set", "top_k=1,2", "--adapter", "ned"], "ned"),
    ],
)
def test_what_is_refused(
    rosa: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["sweep", "--adapter", "base", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert ASKED == []
    assert not (rosa / ".persona_eval" / "sweep.json").exists()


def test_hours_of_work_are_refused(
    rosa: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("persona_eval.sweeps.checks.UNKNOWN_SPEED", 1000.0)
    assert main(["sweep", "--adapter", "base", "--set", "top_k=1,2"]) == 2
    assert "5 h 0 min" in capsys.readouterr().err
    assert ASKED == []
    swept("--set", "top_k=1,2", "--yes")
    assert len(ASKED) == 18


def test_a_name_of_a_file_is_no_value(rosa: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (rosa / "s.yaml").write_text("settings: {temperature: [0.5, 0.6]}")
    (found,) = swept("--file", "s.yaml")
    assert found["settings"] == {"temperature": [0.5, 0.6]}
