"""What the grader reads of an exchange: facts of the card, what was said, and the reply."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import cache

from persona_eval.scorers.base import Exchange
from persona_eval.scorers.lexicon import content
from persona_eval.suite.card import Persona

FACTS = 2
"""Lines of the card that are read: those that share most words with prompt and reply."""
MARK = "\x1f"
"""Stands between the sections of a passage; Unicode's unit separator, which nobody types."""


@dataclass(frozen=True)
class Passage:
    """The sections that are read together."""

    facts: str
    before: str
    """The turn before the prompt; empty at the start of a conversation."""
    prompt: str
    reply: str

    @classmethod
    def of(cls, exchange: Exchange) -> Passage:
        said = [message.content for message in exchange.messages]
        facts = nearest_facts(exchange.persona, f"{said[-1]} {exchange.reply}")
        return cls(" ".join(facts), said[-2] if len(said) > 1 else "", said[-1], exchange.reply)

    def text(self) -> str:
        """As one text, by which what was read is kept."""
        return MARK.join(section.replace(MARK, " ") for section in astuple(self))

    @classmethod
    def parse(cls, text: str) -> Passage:
        """Of what ``text`` gave. Raises ValueError for any other text."""
        sections = text.split(MARK)
        if len(sections) != 4:
            raise ValueError(f"a passage has 4 sections, this text has {len(sections)}")
        return cls(*sections)


def nearest_facts(persona: Persona, text: str) -> list[str]:
    """Up to ``FACTS`` lines of the card that share a word with the text, the nearest first: by
    words shared over the root of words there are, so that long lines do not win by length."""
    wanted = set(content(text))
    scores = {
        line: len(wanted & own) / (1 + len(own)) ** 0.5 for line, own in _lines(persona).items()
    }
    shared = [line for line, score in scores.items() if score > 0]
    return sorted(shared, key=lambda line: -scores[line])[:FACTS]


@cache
def _lines(persona: Persona) -> dict[str, frozenset[str]]:
    known = (f"{fact.ask} {', '.join(fact.answer)}" for fact in persona.knows)
    return {line: frozenset(content(line)) for line in (*persona.facts, *known)}
