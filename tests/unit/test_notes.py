"""Small facts in a file that may be missing, damaged or out of reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.notes import Notes


def test_what_was_noted_is_known_to_others(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "notes.json"
    assert Notes(path).get("size") is None
    Notes(path).put("size", 32)
    Notes(path).put("other", [1, "b"])
    assert (Notes(path).get("size"), Notes(path).get("other")) == (32, [1, "b"])


@pytest.mark.parametrize("damage", ["", "{", "[]", "\x00"])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    notes = Notes(tmp_path / "notes.json")
    notes.path.write_text(damage)
    assert notes.get("size") is None
    notes.put("size", 8)
    assert notes.get("size") == 8


def test_a_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    notes = Notes(tmp_path / "taken" / "notes.json")
    notes.put("size", 8)
    assert notes.get("size") is None
