"""What the model expects along replies, read once and kept in the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Protocol

from persona_eval.doctor.drawing import CLOSED
from persona_eval.doctor.ends import Ends, ends_of, wrapping
from persona_eval.doctor.layouts import LAYOUTS, Exchanged, is_known, line_of, nats_by_layout
from persona_eval.errors import EngineError
from persona_eval.fingerprint import digest_json
from persona_eval.models.base import ENGINE_VERSION, Message, Model
from persona_eval.models.stops import Seen, read_lines
from persona_eval.runner import Runner, WornAdapter

if TYPE_CHECKING:
    from persona_eval.models.mlx import LoadedBase

VERSION = 1
"""Raised when the same reply may be read otherwise."""


class TextStore(Protocol):
    """Where readings survive the process, as JSON by key."""

    def get_judgements(self, keys: Sequence[str]) -> dict[str, str]:
        """Those that are known."""

    def put_judgements(self, judgements: Mapping[str, str]) -> None:
        """Keep texts by key."""


@dataclass(frozen=True)
class Read:
    """A reply of n tokens as the model sees it; places are before each token and after the last."""

    seen: Seen
    closed: tuple[bool, ...]
    """Whether the words before each place end a sentence; n + 1."""

    @property
    def excess(self) -> float:
        """By how many nats a token is more surprising than the model expects it to be. Drawn from
        the model's own distribution it is 0 on average; cooler and narrower draws are below it."""
        pairs = zip(self.seen.logprobs, self.seen.entropies, strict=True)
        return fmean(-logprob - entropy for logprob, entropy in pairs)

    def says(self, token: int) -> float:
        """Chance that drawing from the model's own distribution meets this token on the way."""
        missed = 1.0
        for chance in self.seen.stops[token]:
            missed *= 1 - min(chance, 1.0)
        return 1 - missed


@dataclass(frozen=True)
class LayoutsRead:
    """How surprising known replies are in each layout."""

    nats: Mapping[str, Sequence[float]]
    """Per token, by layout; `own` is the model's chat template."""
    known: tuple[str, ...]
    """Layouts whose marks are tokens of the vocabulary."""


class Reader:
    """Reads with one adapter; the model loads when something is missing. A model that has no
    weights tells nothing: None."""

    def __init__(self, runner: Runner, store: TextStore, adapter: WornAdapter):
        self._runner, self._store, self._adapter = runner, store, adapter

    @property
    def can_read(self) -> bool:
        """Whether the model has weights."""
        return hasattr(type(self._runner.model), "base")

    def ends(self) -> Ends:
        """The tokens that may end a reply."""
        (found,) = self._kept([{"end tokens": VERSION}], lambda base, _: [ends_of(base).to_json()])
        return Ends.from_json(found)

    def replies(
        self, said: Sequence[tuple[Sequence[Message], str]], watched: Sequence[int]
    ) -> list[Read]:
        """Each reply to its messages, and how likely the watched tokens are on the way."""
        keys = [
            {"read": VERSION, "messages": [asdict(m) for m in messages], "reply": reply,
             "watched": list(watched)}
            for messages, reply in said
        ]  # fmt: skip
        found = self._kept(
            keys, lambda base, missing: _read(base, [said[n] for n in missing], watched)
        )
        return [_from_json(each) for each in found]

    def layouts(self, exchanges: Sequence[Exchanged]) -> LayoutsRead:
        """Known replies in their own and in other layouts."""
        key = {"layouts": VERSION, "names": list(LAYOUTS), "said": [asdict(e) for e in exchanges]}
        (found,) = self._kept([key], lambda base, _: [_layouts(base, exchanges)])
        return LayoutsRead(found["nats"], tuple(found["known"]))

    def _kept(
        self,
        keys: Sequence[Mapping[str, Any]],
        compute: Callable[[LoadedBase, Sequence[int]], Sequence[Any]],
    ) -> list[Any]:
        """The figures of each key; ``compute`` is given the numbers of those that are missing."""
        digests = [self._digest(key) for key in keys]
        known = self._store.get_judgements(list(dict.fromkeys(digests)))
        missing = [n for n, digest in enumerate(digests) if digest not in known]
        if missing:
            with self._runner.wearing(self._adapter) as model:
                found = compute(_base(model), missing)
            fresh = {digests[n]: json.dumps(each) for n, each in zip(missing, found, strict=True)}
            self._store.put_judgements(fresh)
            known |= fresh
        return [json.loads(known[digest]) for digest in digests]

    def _digest(self, key: Mapping[str, Any]) -> str:
        model = self._runner.model
        engine = [model.engine, ENGINE_VERSION]
        worn = {"base": model.fingerprint, "adapter": self._adapter.fingerprint, "engine": engine}
        return digest_json({"doctor": key, **worn})


def _base(model: Model) -> LoadedBase:
    base: LoadedBase | None = getattr(model, "base", None)
    if base is None:
        raise EngineError(f"{model.name} does not tell how likely it finds a text")
    return base


def _read(
    base: LoadedBase, said: Sequence[tuple[Sequence[Message], str]], watched: Sequence[int]
) -> list[dict[str, Any]]:
    lead = wrapping(base).lead
    lines = [line_of(base, messages, reply, lead) for messages, reply in said]
    decode = base.tokenizer.decode
    return [
        {
            "logprobs": seen.logprobs,
            "entropies": seen.entropies,
            "stops": {str(token): chances for token, chances in seen.stops.items()},
            "closed": [
                bool(place and CLOSED.search(str(decode(list(line.reply[:place])))))
                for place in range(len(line.reply) + 1)
            ],
        }
        for line, seen in zip(lines, read_lines(base, lines, watched), strict=True)
    ]


def _layouts(base: LoadedBase, exchanges: Sequence[Exchanged]) -> dict[str, Any]:
    known = [name for name, layout in LAYOUTS.items() if is_known(base, layout)]
    return {"nats": nats_by_layout(base, exchanges), "known": known}


def _from_json(data: Mapping[str, Any]) -> Read:
    stops = {int(token): tuple(chances) for token, chances in data["stops"].items()}
    seen = Seen(tuple(data["logprobs"]), tuple(data["entropies"]), stops)
    return Read(seen, tuple(data["closed"]))
