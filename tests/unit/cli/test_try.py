"""``persona-eval try``: everything that can be wrong before a model is needed."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import chat, write_jsonl

from persona_eval.cli import main


@pytest.fixture
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "adapters" / "rosa"
    write_jsonl(folder / "data" / "train.jsonl", [chat("Hi", "Ahoy!")])
    (folder / "recipe.yaml").write_text("select: last\n")
    return folder


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--with", "lora.rnak=8"], "rosa/recipe.yaml: lora.rnak: unknown key: did you mean"),
        (["--with", "lora.rank=0,8"], "or equal to 1 (variant `lora.rank=0`)"),
        (["--with", "lora.rank"], "--with lora.rank: expected KEY=VALUE"),
        (["--cell", "epochs=1,2"], "For several use --with epochs=1,2"),
        (["--with", "epochs=1,2", "--epochs", "1"], "leave it out to vary `epochs`"),
        (["--with", f"seed={','.join(map(str, range(25)))}"], "25 variants, more than 24"),
        (["--with", "base=./gone,./away"], "no model directory gone. Allowed: `gemma3-270m`"),
        (["--with", "seed=1", "--suite", "gone.suite.yaml"], "gone.suite.yaml: cannot be read"),
        (["--with", "data.train=gone.jsonl"], "gone.jsonl: cannot be read"),
    ],
)
def test_nothing_is_begun(
    adapter: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    assert main(["try", "rosa", *arguments]) == 2
    assert expected in capsys.readouterr().err
    assert not (adapter / "tries").exists()


def test_all_bases_that_are_missing_are_named(
    adapter: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["try", "rosa", "--with", "base=./gone,./away"]) == 2
    told = capsys.readouterr().err
    assert "no model directory gone" in told
    assert "no model directory away" in told


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "one of the arguments --with --cell is required"),
        (["--with", "seed=1", "--cell", "seed=1"], "not allowed with argument --with"),
        (["--cell", "", "--examples", "0"], "0 is no number from 1 up"),
    ],
)
def test_how_it_is_called(
    adapter: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], expected: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["try", "rosa", *arguments])
    assert ended.value.code == 2
    assert expected in capsys.readouterr().err
