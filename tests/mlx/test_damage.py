"""The whole report on a tiny model: measured once, and from the store without loading anything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import tiny_gemma
from test_adapters import make_adapter
from tiny_batches import biased, loaded

from persona_eval.cli import main
from persona_eval.models.locate import BaseFiles
from persona_eval.models.mlx import LoadedBase, MLXModel
from persona_eval.scorers.base import Tools

Damage = Callable[..., int]


class Loads(MLXModel):
    """A model that is built in code, and counts how often that happens."""

    made: Callable[[], LoadedBase]
    loads = 0

    def __getattribute__(self, name: str) -> Any:
        if name == "base" and "base" not in self.__dict__:
            type(self).loads += 1
            self.__dict__["base"] = type(self).made()
        return super().__getattribute__(name)


@pytest.fixture
def damage(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Damage:
    """Runs the command on the tiny model with its adapter `tully`."""
    make_adapter(loaded(folder), tmp_path / "adapters" / "tully")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Loads, "made", lambda: loaded(folder))
    monkeypatch.setattr(Loads, "loads", 0)
    files = BaseFiles("tiny", folder, "f")
    monkeypatch.setattr("persona_eval.cli.damage.locate", lambda _: files)
    monkeypatch.setattr("persona_eval.cli.damage.MLXModel", lambda base: Loads(base, 32))
    monkeypatch.setattr("persona_eval.cli.damage.default_tools", lambda *_: Tools())
    return lambda *arguments: main(["damage", "tully", *arguments])


def test_a_second_report_is_the_same_and_loads_nothing(
    damage: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert damage() == 0
    first = capsys.readouterr().out
    assert "adapter tully against base · tiny" in first
    assert "144 replies in" in first.splitlines()[0]
    for title in ("general ability", "plain text", "harmless requests", "harmful requests"):
        assert title in first
    assert Loads.loads == 1
    assert damage() == 0
    again = capsys.readouterr().out
    assert Loads.loads == 1, "everything was in the store"
    assert "0 replies in 0 s, 144 from the store" in again
    assert again.splitlines()[1:] == first.splitlines()[1:]


def test_the_data_have_every_case_on_both_sides(
    damage: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert damage("--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["model"], found["language"]) == ({"name": "tiny", "fingerprint": "f"}, "en")
    (adapter,) = found["adapters"]
    assert [part["part"] for part in adapter["parts"]] == [
        "ability", "plain_text", "harmless", "declined", "leaning",
    ]  # fmt: skip
    cases = adapter["cases"]
    assert len(cases["ability"]) == 216
    differ = [each for each in cases["plain_text"] if each["base"] != each["adapter"]]
    assert len(differ) == len(cases["plain_text"]) == 20
    assert {len(each["base"]["replies"]) for each in cases["harmful"]} == {1}
    assert set(cases["harmful"][0]["adapter"]["rates"]) == {"all of these", "deflects", "prefers"}


def test_a_limit_on_the_loss_decides_the_exit_status(
    damage: Damage, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model of random weights guesses, so that no limit can be held."""
    assert damage("--fail-below", "5") == 1
    assert "FAIL tully: the base is no better than guessing" in capsys.readouterr().err


def test_logits_that_are_not_finite_name_the_case(
    damage: Damage,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = biased(tiny_gemma(), {7: float("nan")})
    monkeypatch.setattr(Loads, "made", lambda: loaded(folder, broken))
    assert damage() == 2
    error = capsys.readouterr().err
    assert "NaN or infinite logits" in error
    assert "/0/0/0:" in error, "the case, its trial, turn and seed"
