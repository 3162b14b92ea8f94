"""Files are put into a project all together or not at all, and nothing is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from persona_eval.errors import PersonaEvalError
from persona_eval.scaffold.project import IGNORED, plan, write
from persona_eval.scaffold.render import Texts

OWN = {Path("suites/bo/persona.yaml"): "name: Bo\n", Path("adapters/bo/data/train.jsonl"): "{}\n"}
SHARED = {Path("conftest.py"): '"""Ours."""\n', Path("pytest.ini"): "[pytest]\n"}
TEXTS = Texts(OWN, SHARED)
LINES = "".join(f"{line}\n" for line in IGNORED)


def files(root: Path) -> dict[str, str]:
    found = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): path.read_text() for path in found}


def listed(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_an_empty_folder_gets_everything(tmp_path: Path) -> None:
    write(plan(tmp_path, TEXTS))
    wanted = {str(path): text for path, text in (OWN | SHARED).items()}
    assert files(tmp_path) == wanted | {".gitignore": LINES}
    assert listed(tmp_path) == [
        ".gitignore", "adapters", "conftest.py", "pytest.ini", "suites",
    ]  # fmt: skip


def test_files_of_the_character_that_are_there_stop_it_with_a_list(tmp_path: Path) -> None:
    write(plan(tmp_path, Texts({next(iter(OWN)): "mine\n"}, {})))
    before = files(tmp_path)
    with pytest.raises(PersonaEvalError) as error:
        plan(tmp_path, TEXTS)
    assert "are there already:\nsuites/bo/persona.yaml\nMove them away" in str(error.value)
    assert files(tmp_path) == before


def test_files_of_the_project_are_kept(tmp_path: Path) -> None:
    tmp_path.joinpath("conftest.py").write_text("# mine\n")
    planned = plan(tmp_path, TEXTS)
    write(planned)
    assert planned.kept == (Path("conftest.py"),)
    assert tmp_path.joinpath("conftest.py").read_text() == "# mine\n"


def test_a_link_that_leads_nowhere_is_there_too(tmp_path: Path) -> None:
    tmp_path.joinpath("conftest.py").symlink_to("nowhere")
    assert plan(tmp_path, TEXTS).kept == (Path("conftest.py"),)


def test_where_pytest_is_configured_nothing_is_added(tmp_path: Path) -> None:
    tmp_path.joinpath("tox.ini").write_text("[pytest]\n")
    planned = plan(tmp_path, TEXTS)
    assert planned.configured == Path("tox.ini")
    assert Path("pytest.ini") not in planned.files


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("*.pyc\n", f"*.pyc\n{LINES}"),
        ("*.pyc", f"*.pyc\n{LINES}"),
        ("", LINES),
        ("/.persona_eval\n", "/.persona_eval\n"),
    ],
)
def test_a_gitignore_is_added_to_once(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / ".gitignore"
    path.write_text(before)
    write(plan(tmp_path, TEXTS))
    assert path.read_text() == after
    other = Texts({Path("suites/ed/persona.yaml"): "name: Ed\n"}, SHARED)
    write(plan(tmp_path, other))
    assert path.read_text() == after


def test_what_fails_half_way_is_taken_back(tmp_path: Path) -> None:
    planned = plan(tmp_path, TEXTS)
    tmp_path.joinpath("adapters").write_text("a file where a folder has to be\n")
    with pytest.raises(PersonaEvalError, match=r"nothing was written: .*adapters"):
        write(planned)
    assert files(tmp_path) == {"adapters": "a file where a folder has to be\n"}
    assert listed(tmp_path) == ["adapters"]


def test_what_appears_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    planned = plan(tmp_path, TEXTS)
    tmp_path.joinpath("pytest.ini").write_text("mine\n")
    with pytest.raises(PersonaEvalError, match=r"nothing was written: .*pytest\.ini"):
        write(planned)
    assert files(tmp_path) == {"pytest.ini": "mine\n"}


def test_a_file_system_without_links_will_do(tmp_path: Path, monkeypatch) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("not supported")

    monkeypatch.setattr(os, "link", no_links)
    planned = plan(tmp_path, TEXTS)
    write(planned)
    assert len(files(tmp_path)) == 5
    with pytest.raises(PersonaEvalError, match=r"nothing was written: .*is there already"):
        write(planned)
    assert len(files(tmp_path)) == 5
