"""What an adapter was made from, in digests: equal digests need no new training."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from persona_eval.fingerprint import digest_json, digest_text
from persona_eval.training.corpus import Conversation
from persona_eval.training.recipe import Recipe


class Sources(NamedTuple):
    """Conversations to learn from and to validate on."""

    train: list[Conversation]
    valid: list[Conversation]


@dataclass(frozen=True)
class Fingerprint:
    """Digests of the three things that decide an adapter's weights."""

    recipe: str
    data: str
    base: str

    @property
    def whole(self) -> str:
        """One digest of the three."""
        return digest_text(self.recipe, self.data, self.base)

    def changed_since(self, other: Fingerprint) -> list[str]:
        """In which of the three two fingerprints differ."""
        names = {"recipe": "the recipe", "data": "the training data", "base": "the base model"}
        mine, theirs = asdict(self), asdict(other)
        return [name for key, name in names.items() if mine[key] != theirs[key]]


def adapter_fingerprint(recipe: Recipe, sources: Sources, base_fingerprint: str) -> Fingerprint:
    """Of a training that is wanted.

    Names of files, tags, blank lines and line ends of the data do not count, nor how the recipe
    is laid out; the order of conversations does. A setting that is left out counts as one that
    is written with its default.
    """
    ignored: Any = {"base": True, "data": {"train", "valid"}, "suite": {"path"}}
    written = recipe.model_dump(mode="json", exclude=ignored, exclude_defaults=True)
    settings = {key: value for key, value in written.items() if value != {}}
    data = digest_text(data_digest(sources.train), data_digest(sources.valid))
    return Fingerprint(digest_json(settings), data, base_fingerprint)


def data_digest(conversations: Iterable[Conversation]) -> str:
    """Digest of what is said, in order."""
    return digest_json([[[m.role, m.content] for m in c.messages] for c in conversations])
