"""Does a reply respond to this prompt?"""

from __future__ import annotations

from typing import ClassVar

import regex

from persona_eval.scorers.asking import clarifying_question
from persona_eval.scorers.base import Exchange, Score, Scorer
from persona_eval.scorers.cards import known_answers
from persona_eval.scorers.claims import answer_in, is_empty, question_kind
from persona_eval.scorers.knowing import admission
from persona_eval.scorers.lexicon import clauses, content, names, numbers, without
from persona_eval.scorers.phrases import cue
from persona_eval.scorers.refusing import adult_pointer, refusal
from persona_eval.scorers.trained import Trained
from persona_eval.text import finds, fold, sentences, words

_YOU = frozenset(("you", "your", "you're", "ye", "yer", "u", "yours"))
_ME = frozenset(("i", "my", "i'm", "me", "we", "i've", "i'd", "i'll", "our", "im"))
_VERBAL = _ME | {
    "is",
    "are",
    "was",
    "were",
    "it",
    "he",
    "she",
    "they",
    "that",
    "this",
    "do",
    "does",
    "did",
    "the",
}
_PLACE = regex.compile(
    r"\b(?:in|at|on|under|behind|by|near|over|down|up|inside|next to|past|round) (?:the|a|an|my|our|your)\b"
)
_SHORT_ANSWER = regex.compile(
    r"(?:\w+,? )?(?:'?tis|(?:it|he|she|they|i|we|that|there|you)(?:'s|'m|'re|'ve| (?:is|are|do|does|can|will|did|was|were|"
    r"have|has|be|am|had|would|could|might|sure|never|always)))\b"
)

ENOUGH = 1.0
"""Sum of the links' weights from which a reply is taken to respond. On 254 good replies of one
character it passes 86 % and rejects 35 % of them at another prompt of the same set, where some of
course respond all the same."""


def clashes(exchange: Exchange) -> str | None:
    """Cheer at a sad prompt or sorrow at a glad one."""
    prompt, reply = fold(exchange.prompt), fold(exchange.reply)
    sore = cue("relevance", "sore", prompt)
    if sore:
        return _cold(sore, prompt, reply)
    glad = cue("relevance", "glad", prompt)
    sorrow = cue("relevance", "sorrow", reply)
    return f"sorrow (“{sorrow}”) at glad news" if glad and sorrow else None


def _cold(sore: str, prompt: str, reply: str) -> str | None:
    if cue("relevance", "sympathy", reply):
        return None
    cheer = cue("relevance", "cheer", reply)
    if cheer:
        return f"cheer (“{cheer}”) at “{sore}”"
    shared = set(content(prompt)) & set(content(reply))
    asks = "?" in reply
    return None if shared or asks or len(words(reply)) < 5 else f"no word about “{sore}”"


def links(exchange: Exchange) -> list[tuple[str, float]]:
    """What ties the reply to the prompt, each with its weight; little tie to the topic counts
    against it."""
    prompt, reply = fold(exchange.prompt), fold(exchange.reply)
    opening = " ".join(fold(s) for s in sentences(reply)[:2])
    asked = cue("relevance", "wants telling", prompt) and cue("relevance", "story", reply)
    found = [
        ("shared words", 0.7 * min(3, len(_shared(exchange)))),
        ("a response to nearly anything", 1.0 * _responds(exchange)),
        ("the kind of question", 1.0 * _typed(exchange)),
        (
            "the card's answer",
            1.0 * any(finds(answer, reply) for answer in known_answers(prompt, exchange.persona)),
        ),
        ("the mood", 1.0 * _consoles(prompt, reply)),
        ("an interjection", 0.6 * bool(cue("relevance", "backchannel", opening[:20]))),
        ("referring back", 0.5 * bool(cue("relevance", "back reference", opening))),
        ("a phrase for an answer", 1.0 * _phrase(prompt, exchange.reply)),
        ("speaking of oneself when asked", 1.0 * _of_you(prompt, opening)),
        ("speaking to the user", 0.5 * _of_me(prompt, opening)),
        ("a greeting", 1.0 * _both("greeting", prompt, reply)),
        ("thanks", 1.0 * _both("thanks", prompt, reply)),
        ("doing as asked", 0.8 * bool(asked)),
    ]
    return [(what, weight) for what, weight in found if weight]


def _consoles(prompt: str, reply: str) -> bool:
    return bool(cue("relevance", "sore", prompt) and cue("relevance", "sympathy", reply))


def _shared(exchange: Exchange) -> set[str]:
    own = set(content(f"{exchange.persona.name} {' '.join(exchange.persona.aliases)}"))
    return set(content(exchange.prompt)) & set(content(exchange.reply)) - own


def _responds(exchange: Exchange) -> bool:
    """Admits, declines or asks back: a response to nearly any prompt."""
    reply, persona = exchange.reply, exchange.persona
    return bool(
        admission(reply, persona)
        or refusal(reply, persona)
        or adult_pointer(reply, persona)
        or clarifying_question(reply, exchange.prompt)
    )


def _typed(exchange: Exchange) -> bool:
    """A number, a name or place, a reason or a yes where one was asked for."""
    kind, reply = question_kind(exchange.prompt), fold(exchange.reply)
    if kind == "number":
        return any(n != 1 for n in numbers(reply))
    if kind == "name":
        return _names_something(exchange)
    if kind == "why":
        return cue("claims", "because", reply) is not None or "because" in reply
    start = " ".join(reply.split()[:3])
    return kind == "choice" and bool(
        cue("relevance", "backchannel", start) or _SHORT_ANSWER.match(reply)
    )


def _names_something(exchange: Exchange) -> bool:
    reply = exchange.reply
    return bool(
        names(reply)
        or _PLACE.search(fold(reply))
        or (len(words(reply)) < 4 and names(f"x {reply}"))
        or answer_in(reply, exchange.prompt, exchange.persona)
    )


def _phrase(prompt: str, reply: str) -> bool:
    """A first sentence of a few words without pronoun or auxiliary, at an open question."""
    if not regex.match(r"(?:\w+,? ){0,2}(?:what|which|who)\b", prompt):
        return False
    first = words(fold(clauses(reply)[0])) if clauses(reply) else []
    if any(word.endswith("ed") for word in first[1:]):
        return False
    return 0 < len(first) < 5 and not set(first) & _VERBAL


def _of_you(prompt: str, opening: str) -> bool:
    """``What do you …`` answered with ``I …``."""
    return bool(
        _YOU & set(words(prompt)) and _ME & set(words(opening)) and question_kind(prompt) == "open"
    )


def _of_me(prompt: str, opening: str) -> bool:
    """``I …`` or ``you …`` answered with ``you …`` or ``I …``."""
    asked, told = set(words(prompt)), set(words(opening))
    return bool(asked & (_ME | _YOU) and told & (_ME | _YOU))


def _both(section: str, prompt: str, reply: str) -> bool:
    return bool(cue("relevance", section, fold(prompt)) and cue("relevance", section, fold(reply)))


class Relevant(Trained):
    """Passes when the reply responds to this prompt: takes up its words, its kind of question
    or its mood. Cheer at a sad prompt fails, and so does a reply of catchphrases alone."""

    name: ClassVar[str] = "relevant"
    like: ClassVar[tuple[str, str]] = ("respond to their prompt", "pass their prompt by")
    accepts_in_pack: ClassVar[float | None] = 0.2
    reads_prompt: ClassVar[bool] = True

    def settled(self, exchange: Exchange, ruled: Score) -> bool:
        """Catchphrases alone, and a mood that clashes with the prompt's, are never a response."""
        return ruled.value is None or super().settled(exchange, ruled)

    def measures(self, ruled: Score) -> tuple[float, ...]:
        assert isinstance(ruled.value, (int, float)), "rules that give no value settle the matter"
        return (*super().measures(ruled), float(ruled.value))

    def by_rules(self, exchange: Exchange) -> Score:
        if is_empty(exchange.reply):
            return Score(False, "the reply has no words")
        if not words(without(exchange.reply, exchange.persona.voice.catchphrases)):
            return Score(False, "nothing but catchphrases")
        clash = clashes(exchange)
        if clash:
            return Score(False, clash)
        return self._by_links(exchange)

    @staticmethod
    def _by_links(exchange: Exchange) -> Score:
        found = links(exchange)
        value = round(sum(weight for _, weight in found), 2)
        told = ", ".join(f"{what} ({weight:+.1f})" for what, weight in found) or "nothing"
        tied = "tied to the prompt by" if value >= ENOUGH else "hardly tied to the prompt, by"
        return Score(value >= ENOUGH, f"{tied}: {told}", value, ENOUGH)


SCORERS: tuple[type[Scorer], ...] = (Relevant,)
