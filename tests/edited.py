"""An editor for tests: documents with a cursor in them, and what a language server says there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock
from language_server import LanguageServer, Message

from persona_eval.errors import ScorerError
from persona_eval.scorers.registry import Registry, default_registry
from persona_eval.suite.models import Expectation

ROOT = Path(__file__).parents[1]
MANIFEST = ROOT / "tests" / "editor" / "package.json"
NAME = "yaml-language-server"
VARIABLE = "YAML_LANGUAGE_SERVER"
NPM = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=0")
CURSOR = "‸"
SETTINGS = {"yaml": {"validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False}}}  # fmt: skip
"""Of an editor that asks the network for nothing."""

SUITE = ROOT / "suites" / "tully" / "edited.suite.yaml"
CARD = ROOT / "suites" / "tully" / "edited.yaml"
RECIPE = ROOT / "adapters" / "edited" / "recipe.yaml"
MODELINES = {
    path: f"# yaml-language-server: $schema={schema}\n"
    for path, schema in (
        (SUITE, "../suite.schema.json"),
        (CARD, "../persona.schema.json"),
        (RECIPE, "../../suites/recipe.schema.json"),
    )
}
"""Files that are on no disk, at places where such files are, and the first line of each."""


class Mark(NamedTuple):
    """A diagnostic. Lines count from one and leave the modeline out; columns count from one."""

    line: int
    column: int
    message: str


@dataclass(frozen=True)
class Editor:
    """Asks a language server about documents of these three kinds."""

    server: LanguageServer

    def completion(self, path: Path, text: str) -> dict[str, list[str]]:
        """What is offered at the cursor: labels, and what they insert."""
        offered: dict[str, list[str]] = {}
        for item in self.items(path, text):
            offered.setdefault(item["label"], []).append(item["textEdit"]["newText"])
        return offered

    def items(self, path: Path, text: str) -> list[Message]:
        """What is offered at the cursor, with all that is known about it."""
        before, _, after = text.partition(CURSOR)
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
        with self._opened(path, before + after) as uri:
            return self.server.completion(uri, line + 1, column)

    def hovers(self, path: Path, text: str, words: Iterable[str]) -> dict[str, str]:
        """Hover text over the first place of each word, without the escapes of Markdown."""
        with self._opened(path, text) as uri:
            return {word: self._hover(uri, _before(word, text)) for word in words}

    def marks(self, path: Path, text: str) -> list[Mark]:
        """The diagnostics of a document."""
        return self.marks_as_written(path, MODELINES[path] + text)

    def marks_as_written(self, path: Path, text: str) -> list[Mark]:
        """The diagnostics of a document that names its schema itself."""
        with self._opened_as_written(path, text) as uri:
            found = [(mark["range"]["start"], mark) for mark in self.server.diagnostics(uri)]
        marks = [Mark(at["line"], at["character"] + 1, mark["message"]) for at, mark in found]
        return sorted(marks)

    def _hover(self, uri: str, before: str) -> str:
        line, column = before.count("\n"), len(before.rpartition("\n")[2])
        return self.server.hover(uri, line + 1, column + 1).replace("\\", "")

    def _opened(self, path: Path, text: str) -> AbstractContextManager[str]:
        return self._opened_as_written(path, MODELINES[path] + text)

    @contextmanager
    def _opened_as_written(self, path: Path, text: str) -> Iterator[str]:
        uri = self.server.open(path, text)
        try:
            yield uri
        finally:
            self.server.close(uri)


def bare_names() -> set[str]:
    """Names of the expectations that need no argument."""
    registry = default_registry()
    names = registry.names()
    return {name for name in names if not _refusal(registry, Expectation(name=name))}


def _refusal(registry: Registry, expectation: Expectation) -> str:
    try:
        registry.build(expectation)
    except ScorerError as error:
        return str(error)
    return ""


def _before(word: str, text: str) -> str:
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    assert found, f"{word} is not in the document"
    return text[: found.start()]


def find_server(cache: Path) -> list[str]:
    """The command of a server: the one that YAML_LANGUAGE_SERVER names, else the pinned one, got
    from npm once, else any that is installed. Raises LookupError with the reason."""
    if named := os.environ.get(VARIABLE):
        if found := shutil.which(named):
            return [found, "--stdio"]
        raise LookupError(f"{VARIABLE} names {named}, which is no program here")
    found = shutil.which(NAME)
    try:
        return [str(_pinned(cache)), "--stdio"]
    except LookupError:
        if found is None:
            raise
        return [found, "--stdio"]


def _pinned(cache: Path) -> Path:
    folder = cache / f"{NAME}-{json.loads(MANIFEST.read_text())['devDependencies'][NAME]}"
    with FileLock(cache / "npm.lock"):
        if not folder.exists():
            _fetch(folder)
    return folder / "node_modules" / ".bin" / NAME


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise LookupError(f"needs npm, or a {NAME} (its place in {VARIABLE})")
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for name in (MANIFEST.name, "package-lock.json"):
        shutil.copy(MANIFEST.with_name(name), partial)
    done = subprocess.run([npm, "ci", *NPM], cwd=partial, capture_output=True, text=True)
    if done.returncode:
        raise LookupError(f"npm cannot fetch {NAME}: {done.stderr.strip()[-300:]}")
    partial.rename(folder)
