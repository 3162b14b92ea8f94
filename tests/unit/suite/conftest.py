"""A small vocabulary, and suites in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from persona_eval.errors import SuiteError
from persona_eval.suite.load import load_suite
from persona_eval.suite.models import Case, Expectation, Suite

TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


class TinyVocabulary:
    """`relevant` takes nothing, `contains` text, `words` a band, `similar` needs examples."""

    def names(self) -> Sequence[str]:
        return ("contains", "relevant", "similar", "words")

    def problems(self, expectation: Expectation, case: Case) -> Sequence[str]:
        if expectation.name == "contains" and expectation.argument is None:
            return ["needs text to look for"]
        if expectation.name == "words" and not expectation.argument:
            return ["needs `min` or `max`"]
        if expectation.name == "similar" and not case.good:
            return ["has nothing to compare to: add `good` replies"]
        return []

    def schema(self) -> Mapping[str, Any]:
        least = {"type": "number", "description": "The least that passes."}
        band = {"type": "object", "required": ["min"], "properties": {"min": least}}
        similar = {"type": ["object", "null"], "properties": {"at_least": least}}
        return {
            "contains": TEXTS | {"description": "Passes when the text stands in the reply."},
            "relevant": {"type": "null", "description": "Passes when it answers."},
            "similar": similar | {"description": "Passes when it is like a good reply."},
            "words": {
                "description": "Passes when it is long enough.",
                "anyOf": [{"type": "integer"}, {"$ref": "#/$defs/Band"}],
                "$defs": {"Band": band},
            },
        }


@pytest.fixture
def vocabulary() -> TinyVocabulary:
    return TinyVocabulary()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a character card in it."""
    (tmp_path / "persona.yaml").write_text("name: Bo\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def load(folder: Path, vocabulary: TinyVocabulary) -> Callable[[str], Suite]:
    """Load a suite from its text; `persona:` is put before it."""

    def load_text(text: str) -> Suite:
        path = folder / "a.suite.yaml"
        path.write_text("persona: persona.yaml\n" + dedent(text), encoding="utf-8")
        return load_suite(path, vocabulary)

    return load_text


@pytest.fixture
def case(load: Callable[[str], Suite]) -> Callable[[str], Case]:
    """The only case of a suite, from its keys; `id` and `category` are put before them."""

    def load_case(keys: str) -> Case:
        (only,) = load(_one_case(keys)).cases
        return only

    return load_case


@pytest.fixture
def problems(load: Callable[[str], Suite]) -> Callable[[str], list[str]]:
    """What is wrong with a suite: `line:column: key: message`."""

    def problems_of(text: str) -> list[str]:
        with pytest.raises(SuiteError) as caught:
            load(text)
        return [
            f"{problem.line}:{problem.column}: {problem.key}: {problem.message}"
            for problem in caught.value.problems
        ]

    return problems_of


@pytest.fixture
def case_problems(problems: Callable[[str], list[str]]) -> Callable[[str], list[str]]:
    """What is wrong with a single case, `key: message` with the key inside the case."""

    def problems_of(keys: str) -> list[str]:
        return [
            problem.split(": ", 1)[1].replace("cases[0].", "")
            for problem in problems(_one_case(keys))
        ]

    return problems_of


def _one_case(keys: str) -> str:
    body = "".join(f"    {line}\n" for line in dedent(keys).strip("\n").splitlines())
    return f"cases:\n  - id: one\n    category: dont_know\n{body}"
