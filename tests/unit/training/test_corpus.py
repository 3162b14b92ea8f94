from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import chat, write_jsonl

from persona_eval.errors import DataError
from persona_eval.training.corpus import Conversation, read_conversations, split


def problems(path: Path) -> list[str]:
    with pytest.raises(DataError) as caught:
        read_conversations(path)
    return [str(problem).removeprefix(f"{path.parent}/") for problem in caught.value.problems]


def row(tmp_path: Path, *messages: object, **extra: object) -> str:
    path = write_jsonl(tmp_path / "data.jsonl", [{"messages": list(messages), **extra}])
    (problem,) = problems(path)
    return problem


def test_reads_conversations_with_their_lines_and_ignores_other_keys(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(
        "\ufeff" + json.dumps(chat("Hi", "Hello!", category="in_character", tags=[1])) + "\r\n\n"
        + json.dumps({"messages": [{"role": "system", "content": "Be Tully."}, *chat("A", "B", "C", "D")["messages"]]}),
        encoding="utf-8",
    )  # fmt: skip
    first, second = read_conversations(path)
    assert (first.line, second.line) == (1, 3)
    assert [m.role for m in first.messages] == ["user", "assistant"]
    assert second.messages[0].content == "Be Tully."
    assert second.replies == ("B", "D")


def test_a_line_separator_inside_a_string_does_not_end_the_line(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(json.dumps(chat("a\u2028b", "c"), ensure_ascii=False), encoding="utf-8")
    assert read_conversations(path)[0].messages[0].content == "a\u2028b"


def test_all_problems_of_a_file_come_at_once(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    rows = ["{", "[]", '{"messages": []}', json.dumps(chat("only me")), json.dumps(chat("a", "b"))]
    path.write_text("\n".join(rows))
    assert [problem.split(":")[1] for problem in problems(path)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"messages"', "data.jsonl:1:12: not JSON"),
        ("17", "is a number, not an object"),
        ("null", "is null, not an object"),
        ("[" * 200_000, "nested too deeply"),
        ('{"conversations": []}', "`conversations` of `from`/`value` is another format"),
        ('{"message": []}', "did you mean it by `message`?"),
        ('{"text": "x"}', "has no `messages`; expected {"),
        ('{"messages": "hi"}', "must be a list of at least one user and one assistant"),
    ],
)
def test_lines_of_another_shape(tmp_path: Path, line: str, expected: str) -> None:
    path = tmp_path / "data.jsonl"
    path.write_text(line)
    assert expected in problems(path)[0]


U, A, S = ({"role": role, "content": "x"} for role in ("user", "assistant", "system"))


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([U, {"role": "gpt", "content": "x"}], 'messages[1].role: is "gpt"; allowed: system, user, assistant; did you mean `assistant`?'),
        ([U, {"role": "asistant", "content": "x"}], "did you mean `assistant`?"),
        ([U, {"role": "tool", "content": "x"}], 'is "tool"; allowed: system, user, assistant'),
        ([U, {"content": "x"}], "messages[1].role: is missing"),
        ([U, {"role": 1, "content": "x"}], "messages[1].role: is 1; allowed"),
        ([U, {"role": "assistant"}], "messages[1].content: is missing"),
        ([U, {"role": "assistant", "content": " \n"}], "messages[1].content: is empty"),
        ([U, {"role": "assistant", "content": ["x"]}], "messages[1].content: is a list, not text"),
        ([U, {"role": "assistant", "content": "\ud800"}], "half a character"),
        ([U, {**A, "tool_calls": []}], "messages[1].tool_calls: is not used"),
        ([U, "x"], "messages[1]: is text, not an object"),
        ([A, U], "messages[0].role: is assistant, but here user is due"),
        ([U, U, A], "messages[1].role: is user, but here assistant is due"),
        ([U, A, S, U, A], "messages[2].role: is system, but a system message can only be the first"),
        ([U, A, U], "messages: end with user"),
        ([S], "messages: end with system"),
    ],
)  # fmt: skip
def test_messages_that_cannot_be_learnt(
    tmp_path: Path, messages: list[object], expected: str
) -> None:
    assert expected in row(tmp_path, *messages)


def test_a_missing_and_an_empty_file(tmp_path: Path) -> None:
    assert problems(tmp_path / "none.jsonl") == ["none.jsonl: cannot be read: no such file"]
    (tmp_path / "empty.jsonl").write_text("\n\n")
    assert "holds no conversation; one a line: {" in problems(tmp_path / "empty.jsonl")[0]
    assert "cannot be read: Is a directory" in problems(tmp_path)[0]


def test_another_encoding_is_named_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes('{"messages": "café"}'.encode("latin-1"))
    assert problems(path) == ["data.jsonl:1:18: not UTF-8; save it as UTF-8"]


@given(count=st.integers(2, 60), share=st.floats(0.01, 0.5), seed=st.integers(0, 9))
def test_a_split_loses_nothing_and_is_repeatable(count: int, share: float, seed: int) -> None:
    whole = [Conversation((), Path("x"), line) for line in range(count)]
    train, valid = split(whole, share, seed)
    assert train
    assert valid
    assert sorted(c.line for c in train + valid) == list(range(count))
    assert (train, valid) == split(whole, share, seed)


def test_one_conversation_cannot_be_split() -> None:
    with pytest.raises(DataError, match="too few conversations"):
        split([Conversation((), Path("x"), 1)], 0.1, 0)
