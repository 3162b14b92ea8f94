"""The tools that come with the package, and having their vectors made in one go."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from persona_eval.scorers.base import ASKS, Exchange, Scorer, Tools
from persona_eval.scorers.embedders import (
    NAME,
    CachedEmbedder,
    ModelFolder,
    NoCache,
    VectorCache,
    embedder_from,
)
from persona_eval.scorers.grader import shipped
from persona_eval.scorers.reader import NAME as READER
from persona_eval.scorers.reader import WordingReader

_FORGETS = NoCache()


def default_tools(embedder: str | Path | None = None, cache: VectorCache = _FORGETS) -> Tools:
    """The packaged embedder, or the one that is named, the reader of wording and the grader. Each
    loads when a text is new. Raises ModelError for a folder that does not exist."""
    chosen: ModelFolder | None = embedder_from(embedder) if embedder else None
    grader = shipped()
    return Tools(
        embedder=CachedEmbedder(
            lambda: chosen or embedder_from(), cache, chosen.name if chosen else NAME
        ),
        reader=CachedEmbedder(WordingReader, cache, READER),
        grader=CachedEmbedder(lambda: grader, cache, grader.name),
    )


def prepare(tools: Tools, judged: Iterable[tuple[Scorer, Exchange]]) -> None:
    """Have all vectors made that judging these exchanges will ask for, in one batch each."""
    asked: dict[str, dict[str, None]] = {method: {} for method in ASKS}
    for scorer, exchange in judged:
        try:
            for method, texts in asked.items():
                texts.update(dict.fromkeys(getattr(scorer, method)(exchange)))
        except Exception:
            continue
    for maker, texts in zip(tools.makers, asked.values(), strict=True):
        if maker and texts:
            maker.embed(list(texts))
