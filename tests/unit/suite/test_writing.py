"""Text as YAML that a person could have written."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from persona_eval.suite.writing import flow_list, quoted, scalar
from persona_eval.suite.yaml import read_yaml

WHOLE = st.text(st.characters(exclude_categories=["Cs"]))


@settings(deadline=None)
@given(st.lists(WHOLE))
def test_what_is_written_reads_as_the_same_text(texts: list[str]) -> None:
    written = flow_list(texts)
    assert yaml.safe_load(written) == texts
    assert "\n" not in written


@settings(deadline=None)
@given(st.sampled_from(["no", "Yes", "null", "12:30", "- x", "# x", "a: b", "'", '"', "{x}", "~"]))
def test_what_yaml_would_take_for_something_else_is_quoted(text: str) -> None:
    assert scalar(text) == quoted(text)
    assert yaml.safe_load(scalar(text)) == text


def test_names_and_letters_of_all_scripts_stay_readable() -> None:
    assert flow_list(["Aunt Wilma", "Mr O'Hara", "Zoë"]) == "[Aunt Wilma, Mr O'Hara, Zoë]"
    assert quoted("Łucja Ödön 李") == '"Łucja Ödön 李"'


@pytest.mark.parametrize("odd", ["\x7f", "\x85", "\u2028", "\ufeff", "\u202e", "\xa0"])
def test_what_cannot_be_seen_is_escaped(odd: str) -> None:
    assert odd not in quoted(odd)
    assert yaml.safe_load(quoted(odd)) == odd


def test_half_a_character_is_replaced(tmp_path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: " + quoted("x\ud800y"), encoding="utf-8")
    assert read_yaml(path).data == {"a": "x\ufffdy"}
