"""`tully@best`, `tully@last`, `tully@120`, `tully@all`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from adapter_folders import write_adapter

from persona_eval.errors import AdapterError
from persona_eval.training.adapter import checkpoint_steps, expand_adapters, resolve_adapter


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """`tully` with three checkpoints, the second of which became the adapter."""
    tully = write_adapter(tmp_path / "adapters" / "tully", selected_step=120)
    for step in (60, 120, 1000):
        write_adapter(tully / "checkpoints" / str(step), selected_step=step, finished=False)
    (tully / "checkpoints" / ".saving-1").mkdir()
    return tmp_path / "adapters"


def test_the_steps_are_numbers_in_order(root: Path) -> None:
    assert checkpoint_steps(root / "tully") == [60, 120, 1000]
    assert checkpoint_steps(root) == []


@pytest.mark.parametrize(
    ("spec", "folder"),
    [
        ("tully", "tully"),
        ("tully@best", "tully"),
        ("tully@last", "tully/checkpoints/1000"),
        ("tully@60", "tully/checkpoints/60"),
    ],
)
def test_where_they_lie(root: Path, spec: str, folder: str) -> None:
    assert resolve_adapter(spec, root) == root / folder
    assert resolve_adapter(f"{root}/{spec}", Path("nowhere")) == root / folder


def test_all_of_them(root: Path) -> None:
    assert expand_adapters(["base", "tully@all", "tully"], root) == [
        "base", "tully@60", "tully@120", "tully@1000", "tully",
    ]  # fmt: skip


def test_a_folder_whose_name_holds_the_sign(root: Path) -> None:
    shutil.copytree(root / "tully", root / "tully@home")
    assert resolve_adapter("tully@home", root) == root / "tully@home"
    assert resolve_adapter("tully@home@last", root) == root / "tully@home" / "checkpoints" / "1000"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("tully@61", r"no checkpoint `tully@61`: tully has best, last, all, and the steps 60, 120"),
        ("tully@bets", r"no checkpoint `tully@bets`"),
        ("tuly@60", r"no adapter `tuly`.* Did you mean tully\?"),
    ],
)
def test_what_is_not_there(root: Path, spec: str, says: str) -> None:
    with pytest.raises(AdapterError, match=says):
        resolve_adapter(spec, root)


def test_an_adapter_without_checkpoints(root: Path) -> None:
    shutil.rmtree(root / "tully" / "checkpoints")
    with pytest.raises(AdapterError, match=r"holds no checkpoints.*persona-eval train tully"):
        expand_adapters(["tully@all"], root)


def test_checkpoints_of_another_training(root: Path) -> None:
    write_adapter(root / "tully", selected_step=120, fingerprint="another")
    with pytest.raises(AdapterError, match="is of another training"):
        resolve_adapter("tully@60", root)
