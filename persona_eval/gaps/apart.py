"""Which texts come near others: the lint's ways to find leaks, each text held against each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from persona_eval.lint.grams import GramIndex
from persona_eval.lint.leakage import Leak, Tested, exact, near
from persona_eval.lint.spoken import Spoken, folded_words
from persona_eval.models.base import Message
from persona_eval.scorers.base import Embedder
from persona_eval.suite.models import Suite
from persona_eval.training.corpus import Conversation


def leaked(
    texts: Sequence[Tested],
    said: Sequence[Spoken],
    embedder: Embedder | None,
    overlap: float,
    cosine: float,
) -> dict[int, Leak]:
    """By number, the messages that are the same as one of the texts, share its runs of words, or,
    where there is an embedder, mean the same."""
    if not texts or not said:
        return {}
    index = GramIndex(each.words for each in said)
    found = [*exact(texts, said), *near(texts, said, index, overlap)]
    found += _by_meaning(texts, said, embedder, cosine) if embedder else ()
    first = {id(leak.said): leak for leak in reversed(found)}
    return {number: first[id(each)] for number, each in enumerate(said) if id(each) in first}


def asked_by(suites: Iterable[Suite]) -> list[Tested]:
    """All user turns of all cases in all their wordings, the shortest too."""
    return [
        Tested("prompt", said, folded_words(said), f"{suite.path}:{case.line} ({case.id})")
        for suite in suites
        for case in suite.cases
        for said in (*(turn.user for turn in case.turns), *case.paraphrases)
    ]


def asked_in(users: Iterable[Spoken]) -> list[Tested]:
    """User turns of the data."""
    return [
        Tested("prompt", each.text, each.words, f"{each.source.path}:{each.source.line}")
        for each in users
    ]


def spoken(text: str, path: Path = Path(), line: int = 0) -> Spoken:
    """A user's message by itself."""
    return Spoken(Conversation((Message("user", text),), path, line), 0)


def _by_meaning(
    texts: Sequence[Tested], said: Sequence[Spoken], embedder: Embedder, least: float
) -> Iterator[Leak]:
    cosines = embedder.embed([each.text for each in texts]) @ (
        embedder.embed([each.text for each in said]).T
    )
    for number, each in enumerate(said):
        best = int(cosines[:, number].argmax())
        if cosines[best, number] >= least:
            yield Leak(texts[best], each, f"cosine {cosines[best, number]:.2f}")
