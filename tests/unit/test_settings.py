"""What pytest's configuration says, in the order in which pytest looks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from persona_eval.settings import pytest_file, pytest_setting


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\npersona_adapters = bo 'the other'\n"),
        (".pytest.ini", "[pytest]\npersona_adapters =\n    bo\n    'the other'\n"),
        ("pytest.toml", '[pytest]\npersona_adapters = ["bo", "the other"]\n'),
        ("pyproject.toml", '[tool.pytest.ini_options]\npersona_adapters = ["bo", "the other"]\n'),
        ("pyproject.toml", '[tool.pytest]\npersona_adapters = ["bo", "the other"]\n'),
        ("tox.ini", "[pytest]\npersona_adapters = bo 'the other'\n"),
        ("setup.cfg", "[tool:pytest]\npersona_adapters = bo 'the other'\n"),
    ],
)
def test_a_setting_is_found(tmp_path: Path, name: str, text: str) -> None:
    tmp_path.joinpath(name).write_text(text)
    assert pytest_file(tmp_path) == tmp_path / name
    assert pytest_setting(tmp_path, "persona_adapters") == ["bo", "the other"]
    assert pytest_setting(tmp_path, "persona_model") == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[project]\nname = 'x'\n"),
        ("pyproject.toml", "this is no TOML"),
        ("setup.cfg", "[metadata]\nname = x\n"),
        ("tox.ini", "[tox]\n"),
        ("tox.ini", "no section\n"),
    ],
)
def test_files_of_others_configure_nothing(tmp_path: Path, name: str, text: str) -> None:
    tmp_path.joinpath(name).write_text(text)
    assert pytest_file(tmp_path) is None
    assert pytest_setting(tmp_path, "persona_adapters") == []


def test_an_empty_pytest_ini_hides_what_comes_after_it(tmp_path: Path) -> None:
    tmp_path.joinpath("pytest.ini").write_text("")
    tmp_path.joinpath("tox.ini").write_text("[pytest]\npersona_adapters = bo\n")
    assert pytest_file(tmp_path) == tmp_path / "pytest.ini"
    assert pytest_setting(tmp_path, "persona_adapters") == []
