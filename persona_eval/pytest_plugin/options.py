"""Options, ini keys, markers; and what must be known before anything is collected."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

CATEGORIES = {
    "in_character": "replies fit the prompt, in the character's voice",
    "dont_know": "the character admits what it cannot know",
    "clarify": "the character asks when a prompt is ambiguous",
    "off_topic": "the character stays in its own world",
    "boundary": "the character declines what is not for it",
}
STORE = ".persona_eval"
SUITES_SEEN = pytest.StashKey[bool]()
PATTERNS = pytest.StashKey[list[str]]()


def add(parser: pytest.Parser) -> None:
    """Declare the group "persona" and the ini keys."""
    group = parser.getgroup("persona", "character suites (*.suite.yaml)")
    group.addoption(
        "--persona-model",
        metavar="NAME|DIR|HUB_ID",
        help="base model: gemma3-270m (bundled, the default), a local MLX directory or a hub id",
    )
    group.addoption(
        "--persona-adapter",
        action="append",
        metavar="NAME|DIR",
        help="adapter below adapters/ or a folder; `base` for none; repeat to run several",
    )
    group.addoption(
        "--persona-train", action="store_true", help="train adapters whose recipe or data changed"
    )
    _add_running(group)
    _add_comparing(group)
    parser.addini("persona_model", "as --persona-model", default="gemma3-270m")
    parser.addini("persona_adapters", "adapters of a run without --persona-adapter", type="args")
    parser.addini("persona_adapters_dir", "folder of the adapters", default="adapters")
    parser.addini("persona_files", "names of suite files", type="args", default=["*.suite.yaml"])
    parser.addini("persona_embedder", "as --persona-embedder", default="")


def _add_running(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--persona-fresh", action="store_true", help="generate anew what the store holds already"
    )
    group.addoption(
        "--persona-explain",
        action="store_true",
        help="print what each case will be judged by, and where that comes from; run nothing",
    )
    group.addoption(
        "--persona-store", metavar="DIR", help=f"folder of the store ({STORE} in the root)"
    )
    group.addoption(
        "--persona-batch-size",
        type=_at_least_one,
        metavar="N",
        help="replies made at a time (what memory allows and a probe finds fastest)",
    )
    group.addoption(
        "--persona-embedder", metavar="DIR", help="sentence-transformers folder for embeddings"
    )


def _add_comparing(group: pytest.OptionGroup) -> None:
    group.addoption(
        "--persona-plan",
        action="store_true",
        help="print how many replies a run needs and what it could show; run nothing",
    )
    group.addoption(
        "--persona-sweep",
        action="append",
        metavar="KEY=V1,V2|FILE",
        help="try settings on the cases with the same draws, as temperature=0.6,0.8,1.0; repeat "
        "for every combination, or name a YAML file",
    )
    group.addoption(
        "--persona-yes", action="store_true", help="sweep even where that will take hours"
    )
    group.addoption(
        "--persona-no-baseline", action="store_true", help="do not compare with the baseline"
    )
    group.addoption(
        "--persona-json", metavar="FILE", help="write results, comparison and gate as JSON"
    )
    group.addoption(
        "--persona-html",
        metavar="FILE",
        help="write one page with the verdict, what changed, and every case with its replies",
    )
    group.addoption(
        "--persona-markdown",
        metavar="FILE",
        help="write a summary in Markdown, short enough for a comment on a pull request",
    )


def _at_least_one(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number from 1 up")
    return int(text)


def register_markers(config: pytest.Config) -> None:
    """Register a marker for each category, and for controls."""
    for name, meaning in CATEGORIES.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    config.addinivalue_line("markers", "control: the twin that must not get a category's treatment")


def is_suite(config: pytest.Config, path: Path) -> bool:
    """Whether a file is a suite, by its name alone."""
    if PATTERNS not in config.stash:
        config.stash[PATTERNS] = list(config.getini("persona_files"))
    seen = any(fnmatch(path.name, pattern) for pattern in config.stash[PATTERNS])
    if seen:
        config.stash[SUITES_SEEN] = True
    return seen


def seen_suites(config: pytest.Config) -> bool:
    """Whether this session has anything to do with suites: under xdist, the controller collects
    nothing itself and learns it from the first report."""
    return config.stash.get(SUITES_SEEN, False)


def setting(config: pytest.Config, name: str) -> str | None:
    """The option ``--persona-<name>``, else the ini key ``persona_<name>``, else None."""
    value = config.getoption(f"persona_{name}")
    return str(value or config.getini(f"persona_{name}")) or None


def store_folder(config: pytest.Config) -> Path:
    """Folder of the store: a path that is given counts from the folder in which it was typed, as
    everywhere; without one it is in the project's root."""
    given = config.getoption("persona_store")
    return config.invocation_params.dir / given if given else config.rootpath / STORE


def asks_for_suites(config: pytest.Config) -> bool:
    """Whether the paths on the command line hold a suite; only asked under xdist."""
    return any(is_suite(config, path) for arg in config.args for path in _files(arg))


def _files(arg: str) -> Iterator[Path]:
    path = Path(arg.split("::")[0])
    if not path.is_dir():
        yield path
    for folder, folders, files in os.walk(path):
        folders[:] = [name for name in folders if not name.startswith((".", "_"))]
        yield from (Path(folder, name) for name in files)
