from __future__ import annotations

import importlib.util
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from persona_eval.errors import SuiteError
from persona_eval.suite import yaml as suite_yaml
from persona_eval.suite.yaml import MAX_BYTES, Document, key_text, read_yaml


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.yaml"


def read(path: Path, text: str | bytes) -> Document:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


def refusal(path: Path, text: str | bytes) -> str:
    with pytest.raises(SuiteError) as caught:
        read(path, text)
    (problem,) = caught.value.problems
    return str(problem).replace(f"{path}:", "").strip()


def faults(document: Document) -> list[str]:
    return [f"{p.line}:{p.column}: {p.key}: {p.message}" for p in document.problems]


@pytest.mark.parametrize(
    "text",
    ["yes", "no", "on", "off", "y", "12:30", "2024-05-01", "12:30:45", "007", "0x1f", "1_000"],
)
def test_what_other_loaders_take_for_something_else_is_text(path: Path, text: str) -> None:
    assert read(path, f"a: {text}\n").data == {"a": text}


@pytest.mark.parametrize(
    "text",
    [".inf", ".nan", "=", "<<", "1e", "e5", "1.2.3", "+", "--1", "nothing", "trust", "~x"],
)
def test_plain_text_stays_text(path: Path, text: str) -> None:
    assert read(path, f"a: {text}\n").data == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.5", 1.5),
        ("1e-5", 1e-5),
        ("-.5", -0.5),
        ("2.E3", 2000.0),
        ('"1"', "1"),
        ("!!str 1", "1"),
        ("!!int 3", 3),
    ],
)
def test_only_booleans_null_and_numbers_are_more_than_text(
    path: Path, text: str, value: Any
) -> None:
    found = read(path, f"a: {text}\n").data["a"]
    assert (found, type(found)) == (value, type(value))


def test_every_key_and_item_has_a_place(path: Path) -> None:
    document = read(path, "a: 1\nb:\n  - c: x\n    d: [p, q]\n")
    assert document.place(("b",)) == (2, 1)
    assert document.place(("b", 0)) == (3, 5)
    assert document.place(("b", 0, "d", 1)) == (4, 12)


def test_the_place_of_what_is_missing_is_that_of_what_would_hold_it(path: Path) -> None:
    document = read(path, "a: 1\nb:\n  - c: x\n")
    assert document.place(("b", 0, "id")) == (3, 5)
    assert document.place(("b", 7)) == (2, 1)
    assert document.place(("b", 0, "c", 1)) == (3, 5)


def test_key_paths_read_like_code() -> None:
    assert key_text(("cases", 3, "expect", 0, "words")) == "cases[3].expect[0].words"


def test_repeated_keys_are_named_with_both_lines(path: Path) -> None:
    document = read(path, "a: 1\nb: {c: 1,\n    c: 2}\na: 3\n")
    assert faults(document) == [
        "4:1: a: `a` stands twice, in line 1 and in line 4: keep one",
        "3:5: b.c: `c` stands twice, in line 2 and in line 3: keep one",
    ]
    assert document.data == {"a": 1, "b": {"c": 1}}


@pytest.mark.parametrize("key", ["1", "true", "~", "1.5", "? [a, b]\n"])
def test_keys_are_text(path: Path, key: str) -> None:
    (fault,) = faults(read(path, f"{key}: x\n"))
    assert "a key is text" in fault


def test_keys_that_only_look_like_something_else_are_text(path: Path) -> None:
    assert read(path, "yes: 1\n12:30: 2\n").data == {"yes": 1, "12:30": 2}


def test_merge_keys_give_way_to_own_keys_and_to_earlier_ones(path: Path) -> None:
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\nc: {<<: [*a, *b], y: 3}\nd:\n  <<: *b\n"
    document = read(path, text)
    assert document.data["c"] == {"x": 1, "y": 3, "z": 2}
    assert document.data["d"] == {"x": 2, "z": 2}
    assert document.place(("c", "z")) == (2, 14)
    assert not document.problems


@pytest.mark.parametrize("merged", ["x", "[x]", "[[{}]]"])
def test_only_mappings_can_be_merged(path: Path, merged: str) -> None:
    (fault,) = faults(read(path, f"a: {{<<: {merged}}}\n"))
    assert "a.<<: merges a mapping" in fault


def test_aliases_repeat_a_value(path: Path) -> None:
    assert read(path, "a: &a [1, {b: 2}]\nc: *a\n").data["c"] == [1, {"b": 2}]


def test_billion_laughs_are_refused(path: Path) -> None:
    rows = ["a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "aliases (`*name`) written out" in refusal(path, "\n".join(rows))


def test_an_alias_inside_itself_is_refused(path: Path) -> None:
    assert refusal(path, "a: &a\n  - *a\n").startswith("1:4: an alias (`*name`) stands inside")


def test_large_files_are_refused(path: Path) -> None:
    assert "split it up" in refusal(path, b"a: 1\n" + b"#" * MAX_BYTES)


@pytest.mark.parametrize("nested", ["[" * 200_000, "- " * 200_000 + "x", "{a: " * 200_000])
def test_deep_nesting_is_refused_before_it_overruns_the_stack(path: Path, nested: str) -> None:
    assert "no suite needs that" in refusal(path, nested)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "\ufeff"])
def test_an_empty_file_is_nothing(path: Path, text: str) -> None:
    document = read(path, text)
    assert document.data is None
    assert document.place(("a",)) == (0, 0)


def test_byte_order_mark_and_windows_line_ends_make_no_difference(path: Path) -> None:
    document = read(path, b"\xef\xbb\xbfa: 1\r\nb: x\r\n")
    assert document.data == {"a": 1, "b": "x"}
    assert document.place(("b",)) == (2, 1)


def test_other_encodings_are_refused_with_the_place(path: Path) -> None:
    assert refusal(path, "a: é\nb: ünd\n".encode() + b"c: \xe9\n") == (
        "3:4: byte 0xe9 is not UTF-8: save the file as UTF-8"
    )
    assert "1:1: byte 0xff" in refusal(path, "a: 1".encode("utf-16"))


def test_a_missing_file_is_a_problem_of_its_own(path: Path) -> None:
    with pytest.raises(SuiteError, match="cannot be read: No such file"):
        read_yaml(path)


BROKEN = [
    ("a:\n\tb: 1\n", "2:1: not YAML: a tab indents this line: use spaces"),
    ("a:\n  - x\n\t- y\n", "3:1: not YAML: a tab indents this line: use spaces"),
    ("a: b: c\n", "text with `: ` in it goes in quotes"),
    ("a: 'x\nb: 2\n", "1:4: not YAML: found unexpected end of stream: the quote that opens here"),
    ("a: *x\n", "text that starts with `*` goes in quotes"),
    ("a: *\n", "text that starts with `*` or `&` goes in quotes"),
    ("a: @x\n", "1:4: not YAML: text that starts with `@` goes in quotes"),
    ("a: - b\n", "a list starts on a line of its own"),
    ('a: "\\q"\n', "write it twice, or use single quotes"),
    ("a: [1\nb: 3\n", "close the bracket"),
    ('a: "he" said\n', "quotes close where the text ends"),
    ("- a\nb: 1\n", "check the indentation"),
    ("a: 1\n---\nb: 2\n", "one file holds one document"),
    ("a: é\x07x\n", "1:5: the control character U+0007 is not allowed"),
    ("%YAML 3.0\n---\na: 1\n", "found incompatible YAML document"),
]


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_broken_yaml_is_one_problem_with_a_mend(path: Path, text: str, message: str) -> None:
    assert message in refusal(path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("!foo x", "the tag `!foo` means nothing here"),
        ("!!python/object/apply:os.getcwd []", "the tag `!!python/object/apply:os.getcwd`"),
        ("!!int x", "`x` is no value for `!!int`"),
        ("1e999", "this number is too large"),
        ("9" * 5000, "this number is too large"),
    ],
)
def test_odd_values_are_problems(path: Path, text: str, message: str) -> None:
    (fault,) = faults(read(path, f"a: {text}\n"))
    assert fault.startswith("1:4: a: ")
    assert message in fault


def without_libyaml(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    spec = importlib.util.spec_from_file_location("suite_yaml_in_python", suite_yaml.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_pyyaml_without_libyaml_says_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(SuiteError) as caught:
        without_libyaml(monkeypatch).read_yaml(path)
    assert message in str(caught.value).replace("expected a single document in the stream", "")


def test_pyyaml_without_libyaml_reads_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = read(path, "a: yes\nb: [1, 2.5, true, {c: ~}]\n")
    other = without_libyaml(monkeypatch).read_yaml(path)
    assert other.data == document.data == {"a": "yes", "b": [1, 2.5, True, {"c": None}]}
    assert other.place(("b", 3, "c")) == document.place(("b", 3, "c"))


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=4))
def test_what_is_dumped_is_read_back(tmp_path_factory: pytest.TempPathFactory, data: Any) -> None:
    path = tmp_path_factory.mktemp("dump") / "x.yaml"
    quoted = yaml.dump(data, Dumper=QuotingDumper, allow_unicode=False)
    assert read(path, quoted).data == data


@given(st.binary(max_size=60) | st.text(alphabet="ab:-[]{}&*!#'\"|>\t\n ,1~<@", max_size=40))
def test_whatever_the_bytes_are_the_answer_is_a_document_or_a_suite_error(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    path = tmp_path_factory.mktemp("noise") / "x.yaml"
    with suppress(SuiteError):
        assert read(path, text).path == path


class QuotingDumper(yaml.SafeDumper):
    """Quotes all text, as whoever wants text may."""

    def represent_text(self, text: str) -> yaml.Node:
        return self.represent_scalar("tag:yaml.org,2002:str", text, style='"')


QuotingDumper.add_representer(str, QuotingDumper.represent_text)
