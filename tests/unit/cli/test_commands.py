"""What was typed wrong is told with what was meant."""

from __future__ import annotations

import pytest

from persona_eval.cli import main


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert left.value.code == 2
    return capsys.readouterr().err


def test_a_command_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert "no command `chekc`: did you mean `check`? Allowed: new, " in told(capsys, "chekc")
    assert "no command `zzz`. Allowed: " in told(capsys, "zzz")
    assert "\x1b" not in told(capsys, "\x1b[2Jcheck")


def test_an_option_that_a_command_does_not_have(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "train", "bo", "--epochs", "3")
    assert text.startswith("usage: persona-eval train ")
    assert "unknown: --epochs 3. epochs, rank and all that shapes a training stand in " in text
    assert told(capsys, "runs", "--fast").endswith("error: unknown: --fast\n")


def test_without_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert "the following arguments are required: COMMAND" in told(capsys)
