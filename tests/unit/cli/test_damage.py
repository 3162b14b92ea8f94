"""`persona-eval damage`: what is refused before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.cli import main
from persona_eval.models.locate import BaseFiles


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files = BaseFiles("tiny", tmp_path, "f" * 64)
    monkeypatch.setattr("persona_eval.cli.damage.locate", lambda _: files)


def test_a_missing_adapter(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["damage", "tully"]) == 2
    assert "no adapter `tully`" in capsys.readouterr().err
    assert not Path(".persona_eval").exists(), "nothing is written before there is something to do"


def test_the_base_is_what_adapters_are_compared_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["damage", "base"]) == 2
    assert "`base` means no adapter" in capsys.readouterr().err


@pytest.mark.parametrize("limit", ["-1", "101", "few", "nan"])
def test_a_limit_that_is_none(limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["damage", "tully", f"--fail-below={limit}"])
    assert "no number of points from 0 to 100" in capsys.readouterr().err
