"""Words as the behaviour scorers see them: content words, numbers, the card's own words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

import regex

from persona_eval.scorers.phrases import word_list
from persona_eval.suite.card import Persona
from persona_eval.text import fold, sentences, straighten, words

_CLAUSE_END = regex.compile(r"[,;:()]+\s*|\s+-+\s+|\.\.+\s*|\s+(?:but|though|although|anyway)\s+")
_NAME = regex.compile(r"\p{Lu}[\p{L}'-]*\p{Ll}[\p{L}'-]*")
_NUMBER = regex.compile(r"\d+(?:[.,]\d+)*")

UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
LARGE = {"dozen": 12, "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}


@cache
def function_words() -> frozenset[str]:
    """Articles, pronouns, prepositions, auxiliaries and their contractions."""
    return word_list("common", "function words")


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A word without possessive, plural and common verb endings: for comparing only."""
    word = word.removesuffix("'s").removesuffix("s'")
    for ending, least in (
        ("ies", 5),
        ("ing", 6),
        ("ed", 5),
        ("es", 5),
        ("s", 4),
        ("y", 4),
        ("e", 4),
    ):
        if word.endswith(ending) and len(word) >= least and not word.endswith("ss"):
            return word.removesuffix(ending)
    return word


@lru_cache(maxsize=4096)
def content(text: str) -> tuple[str, ...]:
    """Stems of the words that carry meaning, in order."""
    return tuple(stem(word) for word in words(fold(text)) if word not in function_words())


def clauses(text: str) -> list[str]:
    """Parts of the sentences of a text, split at commas, colons, dashes and ``but``."""
    parts = (part for sentence in sentences(text) for part in _CLAUSE_END.split(sentence))
    return [part.strip() for part in parts if part.strip(" .!?\"'")]


def numbers(text: str) -> list[float]:
    """Numbers in figures or English words, in order. ``one`` counts; filter it if unwanted."""
    found: list[float] = []
    total: float | None = None
    for token in [*words(fold(text).replace("-", " ")), ""]:
        value = number(token)
        if value is None:
            found += [] if total is None else [total]
            total = None
        elif total is not None and token in LARGE:
            total *= value
        else:
            total = value if total is None else _join(total, value, found)
    return found


def _join(total: float, value: float, found: list[float]) -> float:
    """Twenty + six is one number; six + twenty are two."""
    if total >= 20 and total % 10 == 0 and value < total:
        return total + value
    found.append(total)
    return value


def number(token: str) -> float | None:
    """The value of one token, in figures or as an English number word."""
    if token in UNITS:
        return float(UNITS.index(token))
    if token in TENS:
        return 20.0 + 10 * TENS.index(token)
    if token in LARGE:
        return float(LARGE[token])
    return (
        float(token.replace(",", "")) if _NUMBER.fullmatch(token) and token.count(".") < 2 else None
    )


def names(text: str) -> list[str]:
    """Stems of the capitalised words that do not open a sentence: likely names."""
    return [stem(fold(name)) for name in written_names(text)]


def written_names(text: str) -> list[str]:
    """Likely names as they are written."""
    found: list[str] = []
    for sentence in sentences(text):
        first = sentence.lstrip("\"'(*- ")
        found += [m[0] for m in _NAME.finditer(first) if m.start() and not m[0].startswith("I'")]
    return [name for name in found if fold(name) not in function_words()]


def card_text(persona: Persona) -> str:
    """All that the card says of the character and its world, as one text."""
    known = (f"{fact.ask} {' '.join(fact.answer)}." for fact in persona.knows)
    return "\n".join(
        (
            persona.name,
            persona.description,
            *persona.aliases,
            *persona.trusted_adults,
            *persona.facts,
            *known,
            *persona.voice.samples,
            *persona.voice.catchphrases,
        )
    )


@cache
def card_words(persona: Persona) -> frozenset[str]:
    """Stems of the content words of the card, samples included."""
    return frozenset(content(card_text(persona)))


@cache
def card_names(persona: Persona) -> frozenset[str]:
    """Stems of the names on the card."""
    own = (persona.name, *persona.aliases, *persona.trusted_adults)
    return frozenset(names(card_text(persona))) | frozenset(content(" ".join(own)))


def without(text: str, phrases: Iterable[str]) -> str:
    """The text with all occurrences of the phrases taken out; letters' case is ignored."""
    for phrase in filter(None, map(core, map(straighten, phrases))):
        text = regex.sub(regex.escape(phrase) + r"[!?.]*", " ", straighten(text), flags=regex.I)
    return text


def core(phrase: str) -> str:
    """A catchphrase without its last marks; one of marks alone (``!!!``) as it is."""
    return phrase.rstrip("!?. ") or phrase.strip()
