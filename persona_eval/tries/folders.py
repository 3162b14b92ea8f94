"""Variants on disk: a folder each, with a recipe and the examples that it is trained on, so that
it can be copied and used as an adapter of its own."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, ValidationError

from persona_eval.errors import TrainingError
from persona_eval.models.locate import BaseFiles
from persona_eval.suite.fields import Frozen
from persona_eval.training.adapter import is_stale
from persona_eval.training.corpus import Conversation
from persona_eval.training.fingerprint import (
    Fingerprint,
    Sources,
    adapter_fingerprint,
    data_digest,
)
from persona_eval.training.recipe import RECIPE_FILE, Recipe
from persona_eval.training.recipe_file import load_recipe
from persona_eval.training.train import read_sources
from persona_eval.tries.variants import Variant, recipe_text

TRIES = "tries"
"""Folder, inside an adapter's, of its variants."""
RECORD_FILE = "try.json"
TRAIN, VALID = "data/train.jsonl", "data/valid.jsonl"
BOM = b"\xef\xbb\xbf"


class Record(Frozen):
    """What a manifest does not say about a variant."""

    model_config = ConfigDict(extra="ignore")

    fingerprint: str
    """Of what it is made from: of something else it says nothing."""
    reply_tokens: int
    """Of the validation replies, those that end a reply included."""
    memory: int | None = None
    """Most bytes in use while it was trained, the model included."""
    diverged: str | None = None
    """Why its training broke off, where it would again."""


@dataclass(frozen=True)
class Attempt:
    """A variant in its folder."""

    variant: Variant
    folder: Path
    recipe: Recipe
    """As it stands in the folder."""
    base: BaseFiles
    wanted: Fingerprint
    """Of the adapter that it will be."""
    replies: str
    """Digest of the validation conversations."""
    characters: int
    """Of the validation replies."""

    @property
    def record(self) -> Record | None:
        """None before its replies were counted, or where it is about something else."""
        try:
            text = (self.folder / RECORD_FILE).read_text(encoding="utf-8")
            record = Record.model_validate_json(text)
        except (OSError, ValueError, ValidationError):
            return None
        return record if record.fingerprint == self.wanted.whole else None

    @property
    def to_train(self) -> bool:
        """Whether it is neither finished nor known to diverge. Raises AdapterError."""
        record = self.record
        known = record is not None and record.diverged is not None
        return not known and is_stale(self.folder, self.wanted) is not None

    def keep(self, record: Record) -> Record:
        """Write the record down. Raises TrainingError when the disk refuses."""
        _write(self.folder / RECORD_FILE, record.model_dump_json(indent=1).encode() + b"\n")
        return record


def lay_out(
    adapter: Path, own: Recipe, variants: Sequence[Variant], bases: Mapping[str, BaseFiles]
) -> list[Attempt]:
    """A folder below ``adapter`` for each variant of its recipe ``own``, with recipe and data.

    All learn from the same conversations, drawn by the seed of ``own``, and are validated on the
    same, unless their data differ. Raises DataError before anything is written, or TrainingError.
    """
    data = [_sources(adapter, own, variant) for variant in variants]
    _write(adapter / TRIES / ".gitignore", b"*\n")
    return [
        _attempt(adapter, variant, sources, bases[variant.recipe.base])
        for variant, sources in zip(variants, data, strict=True)
    ]


def some_of(conversations: Sequence[Conversation], count: int, seed: int) -> list[Conversation]:
    """So many of them in their order, drawn by a seed; all where there are no more."""
    draw = random.Random(seed)
    chosen = draw.sample(range(len(conversations)), min(count, len(conversations)))
    return [conversations[number] for number in sorted(chosen)]


def _sources(adapter: Path, own: Recipe, variant: Variant) -> Sources:
    sources = read_sources(variant.recipe.model_copy(update={"seed": own.seed}), adapter)
    count = variant.size.examples
    if count is None:
        return sources
    return sources._replace(train=some_of(sources.train, count, own.seed))


def _attempt(adapter: Path, variant: Variant, sources: Sources, base: BaseFiles) -> Attempt:
    folder = adapter / TRIES / variant.slug
    _write(folder / TRAIN, _lines(sources.train))
    if sources.valid:
        _write(folder / VALID, _lines(sources.valid))
    comment = f"{adapter.resolve().name}, {variant.label}: a variant by `persona-eval try`"
    text = recipe_text(_written(adapter, folder, variant.recipe, bool(sources.valid)), comment)
    _write(folder / RECIPE_FILE, text.encode())
    recipe = load_recipe(folder / RECIPE_FILE)
    return Attempt(
        variant=variant,
        folder=folder,
        recipe=recipe,
        base=base,
        wanted=adapter_fingerprint(recipe, sources, base.fingerprint),
        replies=data_digest(sources.valid),
        characters=sum(len(reply) for c in sources.valid for reply in c.replies),
    )


def _written(adapter: Path, folder: Path, recipe: Recipe, validated: bool) -> dict[str, Any]:
    """The settings of a recipe for its new place."""
    written = recipe.model_dump(mode="json", exclude_unset=True)
    written["data"] = {"train": TRAIN} | ({"valid": VALID} if validated else {})
    if recipe.suite is not None:
        suites = (adapter / recipe.suite.path).resolve()
        written["suite"]["path"] = Path(os.path.relpath(suites, folder.resolve())).as_posix()
    return written


def _lines(conversations: Iterable[Conversation]) -> bytes:
    """The lines of conversations, as they stand in their files."""
    files: dict[Path, list[bytes]] = {}
    lines = []
    for each in conversations:
        if each.path not in files:
            files[each.path] = each.path.read_bytes().removeprefix(BOM).split(b"\n")
        lines.append(files[each.path][each.line - 1].strip() + b"\n")
    return b"".join(lines)


def _write(path: Path, content: bytes) -> None:
    """Write beside and rename, where that changes anything."""
    try:
        if path.is_file() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{path.name}.{os.getpid()}")
        beside.write_bytes(content)
        os.replace(beside, path)
    except OSError as error:
        raise TrainingError(f"{path} cannot be written: {error}") from error
