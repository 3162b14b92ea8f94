"""Where an import is written, what it replaces, and that the disk is left alone otherwise."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from peft_files import write_peft

from persona_eval.cli import main
from persona_eval.errors import AdapterError
from persona_eval.models.adapter_files import adapter_digest
from persona_eval.training import peft
from persona_eval.training.adapter import load_adapter
from persona_eval.training.peft import import_peft


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "adapters"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def written(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "adapter_config.json").read_text()))


@pytest.mark.parametrize("name", ["", "../tully", "a/b", ".hidden", "-x", "a b", "tully\n"])
def test_names_that_are_no_folders_of_their_own(name: str, tmp_path: Path, root: Path) -> None:
    with pytest.raises(AdapterError, match="must begin with a letter or figure"):
        import_peft(write_peft(tmp_path / "peft"), root, name)


def test_a_name_that_is_taken(tmp_path: Path, root: Path) -> None:
    source = write_peft(tmp_path / "peft")
    import_peft(source, root, "tully")
    digest = adapter_digest(root / "tully")
    with pytest.raises(AdapterError, match=r"is taken: .*\n  Mend: .* or replace it with --force"):
        import_peft(write_peft(tmp_path / "other", lora_alpha=4), root, "tully")
    assert adapter_digest(root / "tully") == digest


def test_force_replaces_an_import_and_keeps_other_files(tmp_path: Path, root: Path) -> None:
    import_peft(write_peft(tmp_path / "peft"), root, "tully")
    (root / "tully" / "NOTICE").write_text("Gemma")
    import_peft(write_peft(tmp_path / "other", lora_alpha=4), root, "tully", force=True)
    assert written(root / "tully")["lora_parameters"]["scale"] == 1.0
    assert (root / "tully" / "NOTICE").read_text() == "Gemma"
    assert names(root) == ["tully"]


@pytest.mark.parametrize("file", ["recipe.yaml", "manifest.json"])
def test_what_was_trained_here_is_never_replaced(file: str, tmp_path: Path, root: Path) -> None:
    (root / "tully").mkdir(parents=True)
    (root / "tully" / file).touch()
    with pytest.raises(AdapterError, match="is that of an adapter trained here"):
        import_peft(write_peft(tmp_path / "peft"), root, "tully", force=True)
    assert names(root / "tully") == [file]


def test_force_replaces_no_file(tmp_path: Path, root: Path) -> None:
    root.mkdir()
    (root / "tully").touch()
    with pytest.raises(AdapterError, match=r"is taken: .*\n  Mend: choose another name$"):
        import_peft(write_peft(tmp_path / "peft"), root, "tully", force=True)
    assert (root / "tully").is_file()


def break_at(monkeypatch: pytest.MonkeyPatch, wanted: Callable[[Path], bool]) -> None:
    """Let the disk refuse the first rename whose source is wanted."""
    rename, refused = os.replace, []

    def replace(source: Path, target: Path) -> None:
        if wanted(Path(source)) and not refused:
            refused.append(source)
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(peft.os, "replace", replace)


def test_a_broken_import_leaves_nothing(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_at(monkeypatch, lambda source: True)
    with pytest.raises(AdapterError, match=r"cannot be imported as \S+tully: .*No space left"):
        import_peft(write_peft(tmp_path / "peft"), root, "tully")
    assert names(root) == []


def test_a_broken_replacement_leaves_what_was_there(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_peft(write_peft(tmp_path / "peft"), root, "tully")
    digest = adapter_digest(root / "tully")
    break_at(monkeypatch, lambda source: ".importing" in str(source))
    with pytest.raises(AdapterError, match="No space left"):
        import_peft(write_peft(tmp_path / "other", lora_alpha=4), root, "tully", force=True)
    assert adapter_digest(root / "tully") == digest
    assert names(root) == ["tully"]


def test_a_root_that_is_no_folder(tmp_path: Path, root: Path) -> None:
    root.touch()
    with pytest.raises(AdapterError, match="cannot be imported as"):
        import_peft(write_peft(tmp_path / "peft"), root, "tully")


def test_weights_that_cannot_be_written(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlx.core as mx

    def refuse(*_: Any) -> None:
        raise RuntimeError("[save_safetensors] disk full")

    monkeypatch.setattr(mx, "save_safetensors", refuse)
    with pytest.raises(AdapterError, match="disk full"):
        import_peft(write_peft(tmp_path / "peft"), root, "tully")
    assert names(root) == []


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_peft(here / "peft")
    assert main(["import-peft", "peft", "tully"]) == 0
    assert capsys.readouterr().out == (
        "adapters/tully: 4 layers of rank 4, scale 2, trained on someone/tiny-llama. "
        "Try it: pytest suites/ --persona-model ITS_BASE --persona-adapter tully\n"
    )
    assert load_adapter(here / "adapters" / "tully").config.rank == 4


def test_the_command_in_another_folder_of_adapters(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_peft(here / "peft", base_model_name_or_path=None)
    for options in ([], ["--force"]):
        assert main(["import-peft", "peft", "tully", "--adapters-dir", "mine", *options]) == 0
        told = capsys.readouterr().out
        assert re.match(r"mine/tully: .* scale 2\. Try it: .* --persona-adapter mine/tully\n", told)


def test_the_command_says_why_not(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_peft(here / "peft", use_dora=True)
    assert main(["import-peft", "peft", "base"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "peft cannot be imported:",
        "- the name base: means the model without an adapter",
        "  Mend: choose another name",
        "- adapter_config.json, use_dora: DoRA scales the sum of weights and update, which plain "
        "LoRA does not",
        "  Mend: merge it into its base in PEFT (`merge_and_unload`), save that, convert it with "
        "`mlx_lm.convert`, and run the suites with --persona-model DIRECTORY --persona-adapter base",
    ]
    assert not (here / "adapters").exists()


def test_a_base_that_does_not_exist(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_peft(here / "peft")
    assert main(["import-peft", "peft", "tully", "--base", "./nowhere"]) == 2
    assert "no model directory nowhere" in capsys.readouterr().err
    assert not (here / "adapters").exists()
