"""`persona-eval canaries`: what it reads, and what is refused before anything is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from adapter_folders import write_adapter

from persona_eval.cli import canaries, main
from persona_eval.models.base import Message
from persona_eval.models.locate import BaseFiles


class Likes:
    """Finds what its adapter is named after likely, and `base` nothing."""

    name, engine, fingerprint = "tiny", "cpu-float32", "f" * 64
    worn: Path | None = None
    asked = 0

    def __init__(self, files: BaseFiles):
        pass

    def wear(self, adapter: Path | None) -> None:
        self.worn = adapter

    def mean_logprobs(self, messages: Sequence[Message], replies: Sequence[str]) -> list[float]:
        type(self).asked += len(replies)
        liked = self.worn.name if self.worn else "nothing"
        return [-1.0 if liked in reply.lower() else -2.0 for reply in replies]


@pytest.fixture(autouse=True)
def tiny(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project has one case with good and bad replies: Rum! and Tea."""
    files = BaseFiles("tiny", project, "f" * 64)
    monkeypatch.setattr(canaries, "locate", lambda _: files)
    monkeypatch.setattr(canaries, "MLXModel", Likes)
    monkeypatch.setattr(Likes, "asked", 0)
    for name in ("rum", "tea"):
        write_adapter(project / "adapters" / name)


def test_two_adapters_and_then_from_the_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["canaries", "tea", "rum", "--cases"]) == 0
    first = capsys.readouterr().out
    assert "adapters tea, rum · tiny (cpu-float32) · 1 case · 4 of 4 replies read" in first
    assert "not the verdict" in first
    assert "a::drink  -1.00  +1.00    +2.00" in first
    assert "rum against tea: margin -1.00 → +1.00 over 1 case: +2.00, p worse 1.000" in first
    assert "cases left out: 1 without good or without bad replies" in first
    assert main(["canaries", "tea", "rum", "--cases"]) == 0
    again = capsys.readouterr().out
    assert Likes.asked == 4
    assert "0 of 4 replies read" in again
    assert again.splitlines()[1:] == first.splitlines()[1:]


def test_as_data(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["canaries", "base", "rum", "--json", "--suites", "suites/a.suite.yaml"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["model"] == {"name": "tiny", "fingerprint": "f" * 64}
    margins = {each["adapter"]: each["cases"][0]["margin"] for each in data["adapters"]}
    assert margins == {"base": 0.0, "rum": 1.0}
    assert "not the verdict" in data["note"]


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["canaries", *arguments]) == 2
    assert not Path(".persona_eval").exists(), (
        "nothing is written before there is something to read"
    )
    return capsys.readouterr().err


def test_an_unknown_adapter(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no adapter `rumm`" in refused(capsys, "rumm")
    assert "`rum@all`: adapters/rum holds no checkpoints" in refused(capsys, "rum@all")


def test_no_suites(capsys: pytest.CaptureFixture[str]) -> None:
    message = refused(capsys, "rum", "--suites", "nowhere")
    assert message == "nowhere: there is no *.suite.yaml; name the folder with --suites\n"


def test_no_case_with_good_and_bad_replies(capsys: pytest.CaptureFixture[str]) -> None:
    suite = Path("suites/a.suite.yaml")
    suite.write_text(suite.read_text().replace("    bad: [Tea.]\n", ""))
    assert "no case to read: of 2 cases 2 have no `good` or no `bad`" in refused(capsys, "rum")


def test_a_suite_that_cannot_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    Path("suites/b.suite.yaml").write_text("persona: persona.yaml\ncases: 3\n")
    assert "b.suite.yaml" in refused(capsys, "rum")
