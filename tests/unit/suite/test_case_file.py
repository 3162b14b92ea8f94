"""A case is added at the end of a suite, and the rest of the file stays as it was."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.suite.case_file import READER, add_case, free_id, with_case
from persona_eval.suite.models import Case, Turn

CASE = Case(
    id="lost-hat",
    category="clarify",
    control=True,
    turns=(Turn(user="no", assistant='"Aye": 12:30'), Turn(user="And my hat?")),
    good=("# It's on your head!",),
    bad=("Which hat?",),
)
ADDED = """\
  - id: lost-hat
    category: clarify
    control: true
    turns:
      - user: "no"
        assistant: "\\"Aye\\": 12:30"
      - user: "And my hat?"
    good:
      - "# It's on your head!"
    bad:
      - "Which hat?"
"""
SHORT = Case(id="hi", category="clarify", turns=(Turn(user="Hi!"),))
LINES = '  - id: hi\n    category: clarify\n    prompt: "Hi!"\n'


def read(text: str) -> Any:
    return yaml.load(text, Loader=READER)


def text(written: str) -> str:
    return dedent(written).lstrip()


def test_a_conversation_is_written_out() -> None:
    before = "cases:\n  - id: a\n"
    assert with_case(before, CASE) == f"{before}\n{ADDED}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cases:\n  - id: a\n    # of a\n", "cases:\n  - id: a\n    # of a\n\n{}"),
        ("cases:\n  - id: a\n\n\n", "cases:\n  - id: a\n\n{}"),
        ("cases:\n  - id: a", "cases:\n  - id: a\n\n{}"),
        ("cases:\n  - x: >-\n      a\n\n      b\n", "cases:\n  - x: >-\n      a\n\n      b\n\n{}"),
        (
            "cases:\n  - id: a\n\n# The gate.\n# Strict.\ngate: {}\n",
            "cases:\n  - id: a\n\n{}\n# The gate.\n# Strict.\ngate: {}\n",
        ),
        ("---\ncases:\n  - id: a\n...\n", "---\ncases:\n  - id: a\n\n{}\n...\n"),
    ],
    ids=["comment", "blank lines", "no line end", "folded text", "another key", "document end"],
)
def test_comments_and_layout_stay(before: str, after: str) -> None:
    assert with_case(before, SHORT) == after.replace("{}", LINES, 1)


def test_lists_without_indentation_and_windows_line_ends_are_kept_up() -> None:
    before = "cases:\r\n- id: a\r\n"
    assert with_case(before, SHORT) == (
        'cases:\r\n- id: a\r\n\r\n- id: hi\r\n  category: clarify\r\n  prompt: "Hi!"\r\n'
    )


@pytest.mark.parametrize(
    "before",
    [
        "cases: [{id: a}]\n",
        "cases: [{id: ä 李 🐢, x: [Who?, Me?]}]\n",
        "{cases: [{id: a},  # one\n]}",
        "cases: [\n  {id: a},\n]\n",
    ],
)
def test_a_list_in_brackets_stays_one(before: str) -> None:
    after = with_case(before, CASE)
    assert after.startswith(before[: before.index("}") + 1])
    _, added = read(after)["cases"]
    assert added["turns"] == [{"user": "no", "assistant": '"Aye": 12:30'}, {"user": "And my hat?"}]
    assert added["control"] is True


@settings(deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_any_words_come_back_as_they_were_said(said: list[str]) -> None:
    turns = tuple(Turn.model_construct(user=each, assistant="x") for each in said)
    case = SHORT.model_copy(update={"turns": (*turns, Turn(user="Bye")), "good": tuple(said)})
    for before in ("cases:\n- id: a\n", "cases: [{id: a}]"):
        _, added = read(with_case(before, case))["cases"]
        assert [turn["user"] for turn in added["turns"]] == [*said, "Bye"]
        assert added["good"] == said


def test_a_case_that_is_refused_leaves_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "a.suite.yaml"
    path.write_text("cases:\n- id: a\n")

    def refuse(copy: Path) -> None:
        assert "id: hi" in copy.read_text()
        assert copy.parent == path.parent
        raise LookupError

    with pytest.raises(LookupError):
        add_case(path, SHORT, refuse, "persona.yaml")
    assert path.read_text() == "cases:\n- id: a\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_suite_is_begun_and_gone_on_with(tmp_path: Path) -> None:
    tmp_path.joinpath("suite.schema.json").write_text("{}")
    path = tmp_path / "clarify.suite.yaml"
    add_case(path, SHORT, lambda _: None, "card.yaml")
    path.chmod(0o640)
    add_case(path, CASE, lambda _: None, "card.yaml")
    assert (
        path.read_text()
        == text(
            """
        # yaml-language-server: $schema=suite.schema.json
        persona: card.yaml

        cases:
        """
        )
        + f"{LINES}\n{ADDED}"
    )
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    path, link = tmp_path / "a.suite.yaml", tmp_path / "link.suite.yaml"
    path.write_text("cases:\n- id: a\n")
    link.symlink_to(path)
    add_case(link, SHORT, lambda _: None, "persona.yaml")
    assert link.is_symlink()
    assert "id: hi" in path.read_text()


def test_ids_that_are_taken_get_a_number() -> None:
    assert free_id("a", set()) == "a"
    assert free_id("a", {"a", "a-2"}) == "a-3"
