"""What an adapter was trained on, and how near replies come to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from persona_eval.errors import PersonaEvalError
from persona_eval.overlap.index import COPIED, folded_words, index_of

if TYPE_CHECKING:
    from persona_eval.training.corpus import Conversation

ROW = 6
"""Fewest words in a row that make a copy: "I don't know!" is anybody's. Of 4,066 labelled replies
in sixteen voices, 123 stand to more than the limit in a reply of another voice, by chance; of those
with six words in a row there are 4. In 240 replies of the example character's adapter no row is
longer than five."""

CHECKPOINT_DEPTH = 3
"""So far below the recipe a checkpoint may lie: `unfinished/checkpoints/120`."""


@dataclass(frozen=True)
class Overlap:
    """What a reply has in common with the training reply that shares most with it."""

    share: float
    """Of the reply's words, in one row."""
    words: int
    """How many these are."""
    place: str | None
    """File and line of the training reply, the first where several share as much; None where no
    word is shared."""

    @property
    def copied(self) -> bool:
        """Whether the reply repeats it."""
        return self.share > COPIED and self.words >= ROW


class Learnt:
    """The replies that an adapter was trained on, each with its place."""

    def __init__(self, replies: Sequence[str], places: Sequence[str]):
        self._replies, self._places = tuple(replies), tuple(places)
        self._known: dict[str, Overlap] = {}

    def nearest(self, reply: str) -> Overlap:
        """The overlap of a reply, looked up once."""
        if reply not in self._known:
            self._known[reply] = self._look_up(folded_words(reply))
        return self._known[reply]

    def of_trial(self, replies: Iterable[str]) -> Overlap:
        """The largest of a trial's replies, of which there is at least one: a copy, if there is
        one, before what is too short to be one."""
        return max(map(self.nearest, replies), key=lambda found: (found.copied, found.share))

    def _look_up(self, spoken: list[str]) -> Overlap:
        row = index_of(self._replies).longest(spoken)
        place = None if row.text is None else self._places[row.text]
        return Overlap(row.words / max(len(spoken), 1), row.words, place)


class TrainingData:
    """The training replies of a project's adapters, read once each."""

    def __init__(self, root: Path):
        self._root = root
        self._known: dict[tuple[str, str], Learnt | None] = {}

    def of(self, adapter: Mapping[str, Any]) -> Learnt | None:
        """What an adapter was trained on. ``adapter`` is how a run describes it: its `folder` and
        the digest of its `data`. None where it has none, as the base or an imported one, and
        where the data are gone or were changed since it was trained."""
        folder, data = adapter.get("folder"), adapter.get("data")
        if not folder or not data:
            return None
        if (folder, data) not in self._known:
            self._known[folder, data] = self._read(folder, data)
        return self._known[folder, data]

    def _read(self, folder: str, data: str) -> Learnt | None:
        try:
            conversations = trained_on(self._root / folder, data)
        except PersonaEvalError:
            return None
        said = [(reply, self._place(c)) for c in conversations for reply in c.replies]
        return Learnt([reply for reply, _ in said], [place for _, place in said]) if said else None

    def _place(self, conversation: Conversation) -> str:
        """Relative to the project where that is possible."""
        path, root = conversation.path.resolve(), self._root.resolve()
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        return f"{shown.as_posix()}:{conversation.line}"


def trained_on(folder: Path, data: str) -> list[Conversation]:
    """The conversations that the adapter in a folder was trained on; empty where there is no
    recipe, or where what it names today has another digest. Raises DataError where the files
    cannot be read."""
    from persona_eval.training.fingerprint import adapter_fingerprint
    from persona_eval.training.recipe import RECIPE_FILE
    from persona_eval.training.recipe_file import load_recipe
    from persona_eval.training.train import read_sources

    above = folder.parents[:CHECKPOINT_DEPTH]
    home = next((each for each in (folder, *above) if (each / RECIPE_FILE).is_file()), None)
    if home is None:
        return []
    recipe = load_recipe(home / RECIPE_FILE)
    sources = read_sources(recipe, home)
    return sources.train if adapter_fingerprint(recipe, sources, "").data == data else []
