"""YAML as suites read it: strict, with the place of every key, and never the global loader.

Plain text stays text: only true, false, null, whole numbers and decimal numbers are anything
else, so that ``no``, ``12:30`` and ``2024-05-01`` can be said by a character. Keys are text and
stand once. Anchors, aliases and merge keys work, up to a size.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from persona_eval.errors import Problem, SuiteError
from persona_eval.suite.yaml_errors import syntax_problem

try:
    from yaml import CSafeLoader as SafeLoader  # three times as fast
except ImportError:  # PyYAML built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

KeyPath = tuple[str | int, ...]

MAX_BYTES = 4 * 2**20
MAX_RESOLVED = 16 * 2**20
"""Characters of a file once every alias is written out, with ``_NODE_WEIGHT`` for each value."""
MAX_DEPTH = 100
"""libyaml's composer overruns the C stack somewhere between 5,000 and 50,000 levels."""

_NODE_WEIGHT = 8
_TAG = "tag:yaml.org,2002:"
_PATTERNS = {
    _TAG + "null": re.compile(r"(?:~|null|Null|NULL|)\Z"),
    _TAG + "bool": re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"),
    _TAG + "int": re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z"),
    _TAG + "float": re.compile(
        r"[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)\Z"
    ),
    _TAG + "merge": re.compile(r"<<\Z"),
}
_TEXT_TAGS = {_TAG + "str", _TAG + "merge", "!"}


class _Loader(SafeLoader):
    """Resolves by ``_PATTERNS`` alone, and stops before the nesting gets dangerous."""

    yaml_implicit_resolvers = {None: list(_PATTERNS.items())}  # noqa: RUF012
    depth = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: Any) -> None:  # noqa: ARG002
        self.depth += 1
        if self.depth > MAX_DEPTH and current_node is not None:
            problem = f"nested deeper than {MAX_DEPTH} levels"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=current_node.start_mark)

    def ascend_resolver(self) -> None:
        self.depth -= 1


@dataclass(frozen=True)
class Document:
    """A YAML file as plain data, with the place of every value.

    ``problems`` are those that leave the rest readable: repeated keys, odd keys, odd tags.
    """

    path: Path
    data: Any
    problems: tuple[Problem, ...] = ()
    _root: yaml.Node | None = field(default=None, repr=False, compare=False)

    def place(self, keys: KeyPath) -> tuple[int, int]:
        """Line and column, from 1, of a key or list item; of the deepest part that exists."""
        mark = self._root.start_mark if self._root else None
        node = self._root
        for key in keys:
            child = _child(node, key)
            if child is None:
                break
            mark, node = child[0].start_mark, child[1]
        return (mark.line + 1, mark.column + 1) if mark else (0, 0)

    def problem(self, keys: KeyPath, message: str) -> Problem:
        """A problem at this place of the file."""
        line, column = self.place(keys)
        return Problem(self.path, line, column, key_text(keys), message)


def key_text(keys: KeyPath) -> str:
    """A key path as messages show it: ``cases[3].expect[0].words``."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return "".join(parts).removeprefix(".")


def read_yaml(path: Path) -> Document:
    """Read a YAML file. Raises SuiteError when it is missing, not UTF-8, too large or broken."""
    text = _text(path)
    loader = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        raise SuiteError([syntax_problem(path, text, error)]) from None
    finally:
        if loader is not None:
            loader.dispose()
    return _document(path, root)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise _refusal(path, f"cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise _refusal(
            path, f"has {len(raw):,} bytes, more than the {MAX_BYTES:,} allowed: split it up"
        )
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line, column = _byte_place(raw, error.start)
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8: save the file as UTF-8"
        raise SuiteError([Problem(path, line, column, "", message)]) from None


def _byte_place(raw: bytes, offset: int) -> tuple[int, int]:
    before = raw[:offset].split(b"\n")
    return len(before), len(before[-1].decode("utf-8", "replace")) + 1


def _refusal(path: Path, message: str) -> SuiteError:
    return SuiteError([Problem(path, 0, 0, "", message)])


def _document(path: Path, root: yaml.Node | None) -> Document:
    if root is None:
        return Document(path, None)
    if _weight(path, root, {}) > MAX_RESOLVED:
        raise _refusal(path, "is too large with its aliases (`*name`) written out: use fewer")
    reading = _Reading(Document(path, None, (), root))
    return Document(path, reading.value(root, ()), tuple(dict.fromkeys(reading.problems)), root)


def _weight(path: Path, node: yaml.Node, known: dict[int, int]) -> int:
    """Size of a node with its aliases written out. Raises SuiteError when it holds itself."""
    weight = known.get(id(node))
    if weight is None:
        known[id(node)] = -1
        weight = _NODE_WEIGHT + _inside(path, node, known)
        known[id(node)] = weight
    elif weight < 0:
        mark = node.start_mark
        message = "an alias (`*name`) stands inside the very value that it repeats"
        raise SuiteError([Problem(path, mark.line + 1, mark.column + 1, "", message)])
    return weight


def _inside(path: Path, node: yaml.Node, known: dict[int, int]) -> int:
    if isinstance(node, yaml.ScalarNode):
        return len(node.value)
    if isinstance(node, yaml.MappingNode):
        return sum(_weight(path, part, known) for pair in node.value for part in pair)
    return sum(_weight(path, item, known) for item in node.value)


def _child(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """The node that shows where a key or item stands, and the node of its value."""
    if isinstance(node, yaml.MappingNode):
        return next((pair for pair in node.value if pair[0].value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key], node.value[key]
    return None


class _Reading:
    """Nodes to plain data. A node that aliases share becomes one value, made once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self.values: dict[int, Any] = {}

    def value(self, node: yaml.Node, keys: KeyPath) -> Any:
        if id(node) not in self.values:
            self.values[id(node)] = self._make(node, keys)
        return self.values[id(node)]

    def _make(self, node: yaml.Node, keys: KeyPath) -> Any:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, keys)
        if node.tag not in (_TAG + "map", _TAG + "seq"):
            self._odd_tag(node, keys)
        if isinstance(node, yaml.MappingNode):
            node.value = self._pairs(node, keys)
            return {key.value: self.value(part, (*keys, key.value)) for key, part in node.value}
        return [self.value(item, (*keys, index)) for index, item in enumerate(node.value)]

    def _scalar(self, node: yaml.ScalarNode, keys: KeyPath) -> Any:
        tag, text = node.tag, node.value
        if tag in _TEXT_TAGS:
            return text
        if tag not in _PATTERNS:
            self._odd_tag(node, keys)
        elif not _PATTERNS[tag].match(text):
            self._add(node, keys, f"`{text}` is no value for `!!{tag.removeprefix(_TAG)}`")
        elif tag == _TAG + "bool":
            return text.lower() == "true"
        elif tag != _TAG + "null":
            return self._number(node, keys)
        return None

    def _number(self, node: yaml.ScalarNode, keys: KeyPath) -> float | None:
        try:
            value = int(node.value) if node.tag == _TAG + "int" else float(node.value)
            if math.isfinite(value):
                return value
        except (ValueError, OverflowError):  # int() stops at 4,300 digits, isfinite() at 309
            pass
        self._add(node, keys, "this number is too large; if it is text, put it in quotes")
        return None

    def _pairs(self, node: yaml.MappingNode, keys: KeyPath) -> list[tuple[yaml.Node, yaml.Node]]:
        """Keys and values of a mapping, those of its merge keys first and overridden."""
        own: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        merged: list[tuple[yaml.Node, yaml.Node]] = []
        seen: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not self._fit(key, keys) or self._repeated(key, seen, keys):
                continue
            if key.tag == _TAG + "merge":
                merged = self._merged(value, (*keys, "<<"))
            else:
                own[key.value] = (key, value)
        return list(({pair[0].value: pair for pair in merged} | own).values())

    def _merged(self, node: yaml.Node, keys: KeyPath) -> list[tuple[yaml.Node, yaml.Node]]:
        """What a merge key brings in: of several mappings the first goes before the others."""
        if isinstance(node, yaml.MappingNode):
            self.value(node, keys)
            return list(node.value)
        parts = node.value if isinstance(node, yaml.SequenceNode) else [None]
        if not all(isinstance(part, yaml.MappingNode) for part in parts):
            self._add(node, keys, "merges a mapping or a list of mappings: `<<: *name`")
            return []
        return [pair for part in reversed(parts) for pair in self._merged(part, keys)]

    def _fit(self, key: yaml.Node, keys: KeyPath) -> bool:
        if isinstance(key, yaml.ScalarNode) and key.tag in _TEXT_TAGS:
            return True
        shown = f"`{key.value}`" if isinstance(key, yaml.ScalarNode) else "a list or a mapping"
        self._add(key, keys, f"a key is text, not {shown}: put it in quotes or mend it")
        return False

    def _repeated(self, key: yaml.Node, seen: dict[str, yaml.Node], keys: KeyPath) -> bool:
        first = seen.setdefault(key.value, key)
        if first is key:
            return False
        lines = f"in line {first.start_mark.line + 1} and in line {key.start_mark.line + 1}"
        self._add(key, (*keys, key.value), f"`{key.value}` stands twice, {lines}: keep one")
        return True

    def _odd_tag(self, node: yaml.Node, keys: KeyPath) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self._add(node, keys, f"the tag `{tag}` means nothing here: put text with `!` in quotes")

    def _add(self, node: yaml.Node, keys: KeyPath, message: str) -> None:
        mark = node.start_mark
        place = (mark.line + 1, mark.column + 1)
        self.problems.append(Problem(self.document.path, *place, key_text(keys), message))
