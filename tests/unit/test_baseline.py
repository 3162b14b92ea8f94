"""A baseline's two files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.baseline import (
    FILE,
    REPLIES_FILE,
    AcceptedCase,
    Named,
    Section,
    Trials,
    read_baseline,
    write_baseline,
)
from persona_eval.errors import BaselineError

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
REPLIES = st.lists(st.tuples(TEXT, st.sampled_from(["stop", "length"])), min_size=1, max_size=2)


def section(**passed: tuple[bool, ...]) -> Section:
    cases = {
        f"a.suite.yaml::{name}": AcceptedCase(
            category="clarify", control=False, expectations=("contains",), fingerprint="f",
            pass_rate=0.66, least=1, most=3, passed=outcomes,
        )
        for name, outcomes in passed.items()
    }  # fmt: skip
    model, adapter = Named(name="m", fingerprint="mf"), Named(name="bo", fingerprint="af")
    return Section(
        model=model, adapter=adapter, accepted="2026-11-01", run=3, version="1", cases=cases
    )


def replies(**texts: str) -> dict[str, Trials]:
    return {f"a.suite.yaml::{name}": (((text, "stop"),),) for name, text in texts.items()}


@given(
    st.dictionaries(st.sampled_from("abc"), st.lists(REPLIES, min_size=1, max_size=3), min_size=1)
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, said: dict[str, list[list[tuple[str, str]]]]
) -> None:
    folder = tmp_path_factory.mktemp("baseline")
    trials = {f"a.suite.yaml::{n}": tuple(tuple(t) for t in each) for n, each in said.items()}
    wanted = section(**{name: (True,) * len(each) for name, each in said.items()})
    write_baseline(folder, "Bo “Ünï”", "cpu", wanted, trials, None)  # type: ignore[arg-type]
    found = read_baseline(folder)
    assert found is not None
    assert found.file.persona == "Bo “Ünï”"
    assert found.section("cpu") == wanted
    assert found.section("metal") is None
    assert found.replies == {("cpu", name): each for name, each in trials.items()}


def test_there_is_none(tmp_path: Path) -> None:
    assert read_baseline(tmp_path) is None


def test_sections_of_other_engines_stay(tmp_path: Path) -> None:
    write_baseline(tmp_path, "Bo", "metal", section(a=(True,)), replies(a="M"), None)
    old = read_baseline(tmp_path)
    write_baseline(tmp_path, "Bo", "cpu", section(b=(False,)), replies(b="C"), old)
    found = read_baseline(tmp_path)
    assert found is not None
    assert found.file.engines.keys() == {"metal", "cpu"}
    assert found.replies["metal", "a.suite.yaml::a"] == ((("M", "stop"),),)


def test_a_case_is_a_line_and_the_order_is_fixed(tmp_path: Path) -> None:
    write_baseline(
        tmp_path, "Bo", "cpu", section(b=(True,), a=(True,)), replies(b="B", a="A"), None
    )
    first = (tmp_path / FILE).read_text()
    lines = [line for line in first.splitlines() if "::" in line]
    assert [json.loads("{" + line.rstrip(",") + "}").popitem()[0][-1] for line in lines] == [
        "a",
        "b",
    ]
    write_baseline(
        tmp_path, "Bo", "cpu", section(a=(True,), b=(True,)), replies(a="A", b="B"), None
    )
    assert (tmp_path / FILE).read_text() == first


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("not JSON", r"jsonl:2:1: is no reply of a baseline \(JSONDecodeError"),
        ('{"case": "a"}', r"jsonl:2:1: is no reply of a baseline \(KeyError"),
        ("[]", r"jsonl:2:1: is no reply of a baseline \(TypeError"),
        (
            '{"engine": "cpu", "case": "a.suite.yaml::a", "trial": 2, '
            '"replies": [{"text": "x", "finish_reason": "stop"}]}',
            "trial 2 of a.suite.yaml::a where 1 was to come",
        ),
        (
            '{"engine": "cpu", "case": "x", "trial": 0, '
            '"replies": [{"text": "x", "finish_reason": "tired"}]}',
            "must be a list of",
        ),
    ],
)
def test_replies_edited_into_nonsense(tmp_path: Path, line: str, message: str) -> None:
    write_baseline(tmp_path, "Bo", "cpu", section(a=(True,)), replies(a="A"), None)
    path = tmp_path / REPLIES_FILE
    path.write_text(path.read_text() + line + "\n")
    with pytest.raises(BaselineError, match=message):
        read_baseline(tmp_path)


def test_replies_that_are_gone(tmp_path: Path) -> None:
    write_baseline(tmp_path, "Bo", "cpu", section(a=(True,)), replies(a="A"), None)
    (tmp_path / REPLIES_FILE).write_text("")
    with pytest.raises(BaselineError, match=r"a.suite.yaml::a: 0 trials here, 1 in baseline.json"):
        read_baseline(tmp_path)
    (tmp_path / REPLIES_FILE).unlink()
    with pytest.raises(BaselineError, match="cannot be read"):
        read_baseline(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 9}, "is of schema 9, this persona-eval reads 1: upgrade persona-eval"),
        ({"schema": None}, "schema: must be a whole number"),
        ({"engines": {}}, "engines: is empty"),
        ({"engine": 1}, "unknown key: did you mean `engines`"),
    ],
)
def test_a_file_edited_into_nonsense(
    tmp_path: Path, change: dict[str, object], message: str
) -> None:
    write_baseline(tmp_path, "Bo", "cpu", section(a=(True,)), replies(a="A"), None)
    data = json.loads((tmp_path / FILE).read_text())
    (tmp_path / FILE).write_text(json.dumps(data | change))
    with pytest.raises(BaselineError, match=message):
        read_baseline(tmp_path)
