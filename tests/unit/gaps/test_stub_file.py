"""Stubs on disk: read with every mistake told, added to and never overwritten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from persona_eval.errors import DataError, PersonaEvalError
from persona_eval.gaps.stub_file import append_rows, kept, read_stubs, replace_whole
from persona_eval.gaps.stubs import Stub

STUB = Stub(("dont_know", False), ("Who built Rome?",), {"min": 1, "max": 19}, ("rome",))


def row(**changes: Any) -> dict[str, Any]:
    return {**STUB.row(), **changes}


def said(*texts: str) -> list[dict[str, str]]:
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stubs.jsonl"


def test_new_stubs_are_added_behind_what_is_there_to_the_byte(path):
    append_rows(path, [row()])
    mine = path.read_bytes().replace(b'""', '"Büh!"'.encode()).rstrip(b"\n") + b"  "
    path.write_bytes(mine)
    append_rows(path, [row(messages=said("Who built Troy?", ""))])
    assert path.read_bytes().startswith(mine + b"\n")
    first, second = read_stubs(path)
    assert (first.answers, second.answers) == ([True], [False])
    assert [user.text for user in second.users] == ["Who built Troy?"]
    assert kept([first, second]) == {(("dont_know", False), 1): 2}


def test_conversations_may_be_answered_in_part(path):
    append_rows(path, [row(messages=said("Hi!", "Hello!", "And?", " "))])
    (line,) = read_stubs(path)
    assert line.answers == [True, False]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no JSON"),
        ("[]", "is no stub: it has no `train_safe`"),
        (json.dumps({"messages": said("Hi!", "Ho!")}), "is no stub: it has no `train_safe`"),
        (json.dumps(row(messages=[])), "messages: must be a list"),
        (json.dumps(row(messages=7)), "messages: must be a list"),
        (json.dumps(row(messages=said("Hi!"))), "the last message must be the assistant's"),
        (json.dumps(row(messages=[{"role": "user"}, said("", "")[1]])), "content: is missing"),
        (json.dumps(row(category="mood")), "category: must be one of in_character"),
        (json.dumps(row(control=0)), "control: must be true or false, not 0"),
        (json.dumps(row(words={"max": "3"})), "words: must be such as"),
        (json.dumps(row(words=3)), "words: must be such as"),
        (json.dumps(row(train_safe="yes")), "train_safe: must be null, true or false"),
    ],
)
def test_a_damaged_line_is_told_with_its_place(path, text, told):
    path.write_text(json.dumps(row()) + "\n\n" + text + "\n")
    with pytest.raises(DataError) as caught:
        read_stubs(path)
    (problem,) = caught.value.problems
    assert f"{path}:3:1" in str(problem)
    assert told in str(problem)


def test_all_damaged_lines_are_told_at_once(path):
    path.write_bytes(b"{\n\xff\n")
    with pytest.raises(DataError) as caught:
        read_stubs(path)
    assert [problem.line for problem in caught.value.problems] == [1, 2]


def test_a_file_that_is_not_there(path):
    with pytest.raises(DataError, match="no such file"):
        read_stubs(path)


def test_what_cannot_be_written_is_as_it_was(tmp_path):
    with pytest.raises(PersonaEvalError, match=r"cannot be written \(No such file"):
        append_rows(tmp_path / "nowhere/stubs.jsonl", [row()])
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_a_link_and_rights_stay(tmp_path, path):
    path.write_text("old")
    path.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    replace_whole(link, b"new")
    assert (path.read_bytes(), link.is_symlink()) == (b"new", True)
    assert path.stat().st_mode & 0o777 == 0o640
