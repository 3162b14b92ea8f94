"""The tools that come with the package, and having their vectors made in one go."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from persona_eval.scorers.base import Exchange, Scorer, Tools
from persona_eval.scorers.embedders import (
    NAME,
    CachedEmbedder,
    ModelFolder,
    NoCache,
    VectorCache,
    embedder_from,
)
from persona_eval.scorers.reader import NAME as READER
from persona_eval.scorers.reader import WordingReader

_FORGETS = NoCache()


def default_tools(embedder: str | Path | None = None, cache: VectorCache = _FORGETS) -> Tools:
    """The packaged embedder, or the one that is named, and the reader of wording. Both load when
    a text is new. Raises ModelError for a folder that does not exist."""
    chosen: ModelFolder | None = embedder_from(embedder) if embedder else None
    return Tools(
        embedder=CachedEmbedder(
            lambda: chosen or embedder_from(), cache, chosen.name if chosen else NAME
        ),
        reader=CachedEmbedder(WordingReader, cache, READER),
    )


def prepare(tools: Tools, judged: Iterable[tuple[Scorer, Exchange]]) -> None:
    """Have all vectors made that judging these exchanges will ask for, in one batch each."""
    texts: dict[str, None] = {}
    wordings: dict[str, None] = {}
    for scorer, exchange in judged:
        try:
            texts.update(dict.fromkeys(scorer.texts(exchange)))
            wordings.update(dict.fromkeys(scorer.wordings(exchange)))
        except Exception:
            continue
    if tools.embedder and texts:
        tools.embedder.embed(list(texts))
    if tools.reader and wordings:
        tools.reader.embed(list(wordings))
